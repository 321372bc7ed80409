// The core of the handheld: protocol, keys, journal and sync, without a screen.
export * from './api';
export { Fault, isFault } from './fault';
