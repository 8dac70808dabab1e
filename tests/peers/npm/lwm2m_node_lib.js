// A lamp with a thermometer, made of npm's lwm2m-node-lib; it says what happens to it, a line each.
// node lwm2m_node_lib.js PORT ENDPOINT
'use strict';

const [port, endpoint] = process.argv.slice(2);
const client = require('lwm2m-node-lib').client;

const RESOURCES = { '/3303/0': { 5700: '21.5', 5701: 'Cel' }, '/3311/0': { 5850: '0', 5851: '0' } };

function call(method, ...values) {
    return new Promise((resolve, reject) => method(...values, (error, found) => (error ? reject(error) : resolve(found))));
}

async function main() {
    client.init({
        client: { lifetime: '300', version: '1.0', observe: {}, ipProtocol: 'udp4', logLevel: 'FATAL' },
    });
    for (const [object, resources] of Object.entries(RESOURCES)) {
        await call(client.registry.create, object);
        for (const [id, value] of Object.entries(resources)) {
            await call(client.registry.setResource, object, id, value);
        }
    }
    const device = await call(client.register, '127.0.0.1', port, null, endpoint);
    client.setHandler(device.serverInfo, 'write', (object, instance, resource, value, done) => {
        console.log(`write /${object}/${instance}/${resource} ${value}`);
        done(null, value);
    });
    console.log(`registered ${device.location}`);
    let celsius = 21.5;
    process.on('SIGUSR1', () => {
        celsius += 1;
        call(client.registry.setResource, '/3303/0', '5700', String(celsius)).then(() => console.log(`measured ${celsius}`));
    });
    process.on('SIGTERM', () => call(client.unregister, device).then(() => { console.log('deregistered'); process.exit(0); }));
}

main().catch((error) => console.log(`error ${error.message || error}`));
setInterval(() => {}, 1000);
