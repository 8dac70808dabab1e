"""CoAP on one UDP port: the socket that aiocoap serves, who may use it how much, and requests of our own."""
