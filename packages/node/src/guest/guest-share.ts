import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RuntimeFault } from "../runtime/container-runtime.ts";
import { removeMounts } from "../sandbox/namespaces.ts";
import { tool } from "../tool.ts";
import type { GuestSpec } from "./guest-spec.ts";

/**
 * What a guest sees of this machine: for each container its file system and volumes. Two views of one tree: ours, and the guest's, in
 * which only what is mounted can be written. Otherwise a guest could put links where we write.
 */
export class GuestShare {
  readonly #own: string;
  readonly guests: string;

  /** In a folder of the guest's alone. */
  constructor(folder: string) {
    this.#own = join(folder, "own");
    this.guests = join(folder, "guests");
  }

  async open(): Promise<void> {
    for (const each of [this.#own, this.guests]) await mkdir(each, { recursive: true, mode: 0o700 });
    await tool("mount", ["--bind", this.#own, this.#own]);
    await tool("mount", ["--make-private", this.#own]);
    // What is mounted in ours from now on is in the guest's too.
    await tool("mount", ["--make-shared", this.#own]);
    await tool("mount", ["--bind", this.#own, this.guests]);
    await tool("mount", ["-o", "remount,bind,ro", this.guests]);
  }

  /** Gives a container's files to the guest. */
  async add(id: string, { spec, shared }: GuestSpec): Promise<void> {
    const folder = join(this.#own, id);
    await mkdir(folder, { recursive: true });
    for (const { source, name, isReadOnly } of shared) {
      const place = join(folder, name);
      const found = await stat(source);
      if (found.isCharacterDevice() || found.isBlockDevice())
        throw new RuntimeFault("CreateContainerError", `kata: ${source}: a guest has none of the node's devices`);
      if (found.isDirectory()) await mkdir(place);
      else await writeFile(place, "");
      await tool("mount", ["--rbind", source, place]);
      if (isReadOnly) await tool("mount", ["-o", "remount,bind,ro", place]);
    }
    await this.write(id, "config.json", JSON.stringify(spec));
  }

  /** Only root of the guest reads it. */
  async write(id: string, name: string, text: string): Promise<void> {
    await writeFile(join(this.#own, id, name), text, { mode: 0o600 });
  }

  /** Of what was written. */
  async take(id: string, name: string): Promise<void> {
    await rm(join(this.#own, id, name), { force: true });
  }

  async remove(id: string): Promise<void> {
    await removeMounts(join(this.#own, id));
  }

  /** Of an earlier life too. */
  async close(): Promise<void> {
    for (const each of [this.guests, this.#own]) await removeMounts(each);
  }
}
