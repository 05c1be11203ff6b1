import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** A service that takes decision logs, as often as they are sent. */
export class DecisionCollector {
  readonly #server: Server;
  /** How often each decision has come, by its id. */
  readonly times = new Map<string, number>();

  private constructor(answers: () => number) {
    this.#server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      try {
        for await (const part of request) parts.push(part as Buffer);
      } catch {
        // The sender died: what it has not sent whole was not taken.
        return;
      }
      response.statusCode = answers();
      if (response.statusCode === 200) this.#take(Buffer.concat(parts));
      response.end();
    });
  }

  /** `answers`: the status of each answer; what is not answered with 200 was not taken. */
  static async start(answers: () => number = () => 200): Promise<DecisionCollector> {
    const collector = new DecisionCollector(answers);
    await new Promise<void>((resolve) => collector.#server.listen(0, "127.0.0.1", resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #take(body: Buffer): void {
    for (const { decision_id: id } of JSON.parse(gunzipSync(body).toString("utf8")) as { decision_id: string }[])
      this.times.set(id, (this.times.get(id) ?? 0) + 1);
  }
}
