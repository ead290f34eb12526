// A small client of the Centrifuge protocol, JSON, for the playground: it shows every frame. For an
// application take the SDK, which also reconnects and recovers.

export class Client {
  #socket = null;
  #last = 0;
  #waiting = new Map();
  #frame;
  #push;
  #ended;

  /**
   * @param frame called with (direction, text) of every WebSocket message
   * @param push called with every push
   * @param ended called with code and reason
   */
  constructor({ frame, push, ended }) {
    this.#frame = frame;
    this.#push = push;
    this.#ended = ended;
  }

  /** Connects; the result of the connect command. */
  async connect(url, token) {
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener('message', (event) => this.#take(event.data));
    this.#socket.addEventListener('close', ({ code, reason }) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(reason || `closed with ${code}`));
      this.#waiting.clear();
      this.#ended(code, reason);
    });
    await new Promise((resolve, reject) => {
      this.#socket.addEventListener('open', resolve, { once: true });
      this.#socket.addEventListener('close', () => reject(new Error('The server did not let the page connect.')), { once: true });
    });
    return this.call({ connect: { ...(token ? { token } : {}), name: 'console' } }, 'connect');
  }

  /** Sends a command; its result, or an error for people. */
  call(command, result) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, result });
      this.#send(JSON.stringify({ id, ...command }));
    });
  }

  #send(text) {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#frame('out', text);
    this.#socket.send(text);
  }

  #take(data) {
    this.#frame('in', data);
    for (const line of data.split('\n')) {
      if (!line) continue;
      const reply = JSON.parse(line);
      if (reply.id) {
        const call = this.#waiting.get(reply.id);
        this.#waiting.delete(reply.id);
        if (reply.error) call?.reject(new Error(`${reply.error.message} (error ${reply.error.code})`));
        else call?.resolve(reply[call.result] ?? {});
      } else if (reply.push) {
        this.#push(reply.push);
      } else {
        this.#send('{}');
      }
    }
  }

  close() {
    this.#socket?.close(1000);
  }
}
