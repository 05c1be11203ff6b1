import type { RegoVersion } from "@sallyport/rego";
import type { Answer } from "./answer.ts";
import { OpaServer } from "./opa-server.ts";
import type { Peer } from "./peer.ts";
import type { Program } from "./program.ts";

/** Servers of an `opa`, one for each version of the language. They know no strict mode. */
export class OpaServers implements Peer {
  readonly #file: string;
  readonly #servers = new Map<RegoVersion, OpaServer>();

  constructor(file: string) {
    this.#file = file;
  }

  async answers(programs: readonly Program[]): Promise<readonly (Answer | undefined)[]> {
    const answers: (Answer | undefined)[] = [];
    for (const program of programs) {
      const server = await this.#server(program.regoVersion);
      answers.push(program.strict ? undefined : await server.answer(program));
    }
    return answers;
  }

  stop(): void {
    for (const server of this.#servers.values()) server.stop();
  }

  async #server(version: RegoVersion): Promise<OpaServer> {
    const flags = version === "v0" ? ["--v0-compatible"] : [];
    const running = this.#servers.get(version) ?? (await OpaServer.start(this.#file, flags));
    this.#servers.set(version, running);
    return running;
  }
}
