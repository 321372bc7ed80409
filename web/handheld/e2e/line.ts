// A bad line between the phone and the server: so many bytes a second, cut again and again. It also keeps what was said.

import { createConnection, createServer, type Server, type Socket } from 'node:net';

export interface LineOptions {
  /** Bytes a second each way, for all connections together; no limit without it. */
  bytesASecond?: number;
  /** Every connection is cut with a reset after that many bytes of either direction. */
  resetAfterBytes?: number;
}

const slice = 200; // milliseconds between two portions

export class Line {
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();
  private options: LineOptions;
  /** All that went over it, both ways. */
  readonly said: Buffer[] = [];
  /** Connections that were cut. */
  resets = 0;
  port = 0;

  constructor(private readonly target: () => number, options: LineOptions = {}) {
    this.options = options;
  }

  get url(): string { return `http://127.0.0.1:${this.port}`; }

  /** Makes the line better or worse, for what comes from now on. */
  set(options: LineOptions): void {
    this.options = options;
  }

  async open(): Promise<void> {
    const server = createServer((phone) => this.connect(phone));
    this.server = server;
    await new Promise<void>((done) => server.listen(this.port, '127.0.0.1', done));
    this.port = (server.address() as { port: number }).port;
  }

  /** Cuts everything, and takes no more calls until it is opened again. */
  async close(): Promise<void> {
    for (const s of this.sockets) {
      s.destroy();
    }
    await new Promise((done) => this.server?.close(done) ?? done(null));
  }

  private connect(phone: Socket): void {
    const office = createConnection(this.target(), '127.0.0.1');
    const count = { bytes: 0 };
    const cut = () => {
      this.resets++;
      phone.resetAndDestroy();
      office.destroy();
    };
    for (const [from, to] of [[phone, office], [office, phone]] as const) {
      this.sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.end();
      });
      this.pass(from, to, count, cut);
    }
  }

  private pass(from: Socket, to: Socket, count: { bytes: number }, cut: () => void): void {
    from.on('data', (chunk: Buffer) => {
      this.said.push(chunk);
      from.pause();
      void this.portions(chunk, to, count, cut).then(() => from.resume());
    });
  }

  private async portions(chunk: Buffer, to: Socket, count: { bytes: number }, cut: () => void): Promise<void> {
    const { bytesASecond, resetAfterBytes } = this.options;
    const most = bytesASecond ? Math.max(1, Math.floor((bytesASecond * slice) / 1000)) : chunk.length;
    for (let at = 0; at < chunk.length && !to.destroyed; at += most) {
      const part = chunk.subarray(at, at + most);
      if (bytesASecond) {
        await new Promise((done) => setTimeout(done, (1000 * part.length) / bytesASecond));
      }
      count.bytes += part.length;
      if (resetAfterBytes && count.bytes > resetAfterBytes) {
        cut();
        return;
      }
      if (!to.destroyed) {
        to.write(part);
      }
    }
  }
}
