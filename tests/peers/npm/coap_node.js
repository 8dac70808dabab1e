// A lamp with a thermometer, made of npm's coap-node; it says what happens to it, a line each.
// node coap_node.js PORT ENDPOINT
'use strict';

const [port, endpoint] = process.argv.slice(2);
const SmartObject = require('smartobject');
const CoapNode = require('coap-node');

const so = new SmartObject();
so.init('temperature', 0, { sensorValue: 21.5, units: 'Cel' });
so.init('lightCtrl', 0, {
    onOff: { read: (cb) => cb(null, lamp.on), write: (value, cb) => { lamp.on = value; console.log(`onOff ${value}`); cb(null, value); } },
    dimmer: { read: (cb) => cb(null, lamp.level), write: (value, cb) => { lamp.level = value; console.log(`dimmer ${value}`); cb(null, value); } },
});
const lamp = { on: false, level: 0 };

const node = new CoapNode(endpoint, so, { lifetime: 300, version: '1.0.0' });
node.on('error', (error) => console.log(`error ${error.message}`));
node.register('127.0.0.1', Number(port), (error, answer) => {
    console.log(error ? `error ${error.message}` : `registered ${answer.status}`);
});
let celsius = 21.5;
process.on('SIGUSR1', () => { celsius += 1; so.write('temperature', 0, 'sensorValue', celsius, () => console.log(`measured ${celsius}`)); });
process.on('SIGTERM', () => node.deregister(() => { console.log('deregistered'); process.exit(0); }));
setInterval(() => {}, 1000);
