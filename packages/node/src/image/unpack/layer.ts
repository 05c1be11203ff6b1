import { linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createTarDecoder, type ParsedTarEntry, type TarHeader } from "modern-tar";
import { shown } from "../shown.ts";
import { type Attributes, setAttributes } from "./attributes.ts";
import { type Budget, invalidEntry } from "./budget.ts";
import { type RootTree, statOf } from "./root-tree.ts";

/** https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts */
const whiteout = ".wh.";
const opaqueWhiteout = ".wh..wh..opq";

const smallBytes = 64 * 1024;

export interface LayerOptions {
  readonly budget: Budget;
  /** Whether files get the owners that the layer names; else they are ours. */
  readonly hasOwners: boolean;
  readonly signal?: AbortSignal;
}

/** What of a layer could not be made as it is. */
export interface LayerLosses {
  /** Devices and FIFOs, which are not made. */
  specialFiles: number;
  /** Files that have capabilities in the layer, by their places, with the attribute as it was read. */
  readonly capabilities: { readonly place: string; readonly attribute: string }[];
}

/** Lays a layer over the file system at `tree`. Rejects with an `ImageFault` for what no image may have; what was laid until then stays. */
export async function applyLayer(
  tree: RootTree,
  tar: ReadableStream<Uint8Array>,
  options: LayerOptions,
): Promise<LayerLosses> {
  const layer = new Layer(tree, options);
  const { signal } = options;
  const entries = tar.pipeThrough(createTarDecoder({ strict: true }), signal === undefined ? {} : { signal });
  for await (const entry of entries) await layer.add(entry);
  layer.finish();
  return layer.losses;
}

class Layer {
  readonly losses: LayerLosses = { specialFiles: 0, capabilities: [] };
  readonly #tree: RootTree;
  readonly #options: LayerOptions;
  /** Places that this layer made: its whiteouts are for what lies below. */
  readonly #made = new Set<string>();
  /** Set at the end, since what is made in a folder changes its time. */
  readonly #folders = new Map<string, Attributes>();

  constructor(tree: RootTree, options: LayerOptions) {
    this.#tree = tree;
    this.#options = options;
  }

  async add({ header, body }: ParsedTarEntry): Promise<void> {
    const { budget } = this.#options;
    const names = budget.checkPath(header.name);
    budget.takeFile();
    checkSparse(header);
    const name = names.at(-1) ?? "";
    if (name.startsWith(whiteout) || names.some(isMetadata)) {
      await body.cancel();
      return this.#removeLower(names);
    }
    const place = this.#tree.place(names.join("/"), { make: true });
    this.#markMade(place);
    if (header.type === "directory") this.#addFolder(place, header);
    else await this.#addFile(place, header, body);
    if (header.type !== "file") await body.cancel();
  }

  finish(): void {
    // The deepest first: a folder may be one that its owner cannot enter.
    for (const [place, attributes] of [...this.#folders].reverse())
      if (statOf(place)?.isDirectory()) setAttributes(place, attributes, this.#options.hasOwners);
  }

  #removeLower(names: readonly string[]): void {
    const name = names.at(-1) as string;
    const parent = names.slice(0, -1).join("/");
    if (name === opaqueWhiteout) this.#removeAllLower(this.#tree.place(`${parent}/x`, { make: true }));
    if (name === opaqueWhiteout || names.some(isMetadata)) return;
    const removed = name.slice(whiteout.length);
    if (removed === "" || removed === "." || removed === "..")
      throw invalidEntry(`a whiteout of ${JSON.stringify(removed)} in ${JSON.stringify(parent)}`);
    const place = this.#tree.place([...names.slice(0, -1), removed].join("/"), { make: true });
    if (!this.#made.has(place)) this.#tree.remove(place);
    else if (statOf(place)?.isDirectory()) this.#removeAllLower(join(place, "x"));
  }

  /** What the folder of this place has from lower layers. */
  #removeAllLower(sibling: string): void {
    const folder = dirname(sibling);
    for (const name of readdirSync(folder)) {
      const place = join(folder, name);
      if (!this.#made.has(place)) this.#tree.remove(place);
      else if (statOf(place)?.isDirectory()) this.#removeAllLower(join(place, "x"));
    }
  }

  #addFolder(place: string, header: TarHeader): void {
    const found = statOf(place);
    if (found !== undefined && !found.isDirectory()) this.#tree.remove(place);
    if (found === undefined || !found.isDirectory()) mkdirSync(place, { mode: 0o755 });
    this.#folders.delete(place);
    this.#folders.set(place, attributesOf(header));
  }

  async #addFile(place: string, header: TarHeader, body: ReadableStream<Uint8Array>): Promise<void> {
    if (place === this.#tree.root) throw invalidEntry("its root is no folder");
    const target = header.type === "link" ? this.#linkTarget(header, place) : "";
    // A link to itself is there already.
    if (header.type === "link" && target === place) return;
    if (statOf(place) !== undefined) this.#tree.remove(place);
    switch (header.type) {
      case "symlink":
        return this.#addSymlink(place, header);
      case "link":
        return linkSync(target, place);
      case "file":
      case undefined:
        return await this.#addRegular(place, header, body);
      default:
        this.losses.specialFiles++;
    }
  }

  #linkTarget({ linkname = "" }: TarHeader, place: string): string {
    this.#options.budget.checkPath(linkname);
    const target = this.#tree.place(linkname, { make: false });
    const found = statOf(target);
    if (found === undefined || found.isDirectory())
      throw invalidEntry(
        `${shown(basename(place))} is a link to ${shown(linkname)}, which is ${found ? "a folder" : "not there"}`,
      );
    return target;
  }

  #addSymlink(place: string, header: TarHeader): void {
    const { linkname = "" } = header;
    if (
      linkname === "" ||
      linkname.includes("\0") ||
      Buffer.byteLength(linkname) > this.#options.budget.limits.pathBytes
    )
      throw invalidEntry(`the symlink ${JSON.stringify(basename(place))} leads to no path`);
    symlinkSync(linkname, place);
    this.#tree.forget();
    setAttributes(place, { ...attributesOf(header), isSymlink: true }, this.#options.hasOwners);
  }

  async #addRegular(place: string, header: TarHeader, body: ReadableStream<Uint8Array>): Promise<void> {
    this.#options.budget.takeBytes(header.size);
    await writeBody(place, header.size, body);
    setAttributes(place, attributesOf(header), this.#options.hasOwners);
    const attribute = header.pax?.["SCHILY.xattr.security.capability"];
    if (attribute !== undefined) this.losses.capabilities.push({ place, attribute });
  }

  #markMade(place: string): void {
    for (let made = place; made.startsWith(this.#tree.root) && !this.#made.has(made); made = dirname(made))
      this.#made.add(made);
  }
}

/** Names of AUFS' own, as `.wh..wh.plnk`. */
function isMetadata(name: string): boolean {
  return name.startsWith(`${whiteout}${whiteout}`) && name !== opaqueWhiteout;
}

/** Small files at once: most of an image's are, and three ways to another thread for each take longer than all else. */
async function writeBody(place: string, size: number, body: ReadableStream<Uint8Array>): Promise<void> {
  if (size <= smallBytes) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    writeFileSync(place, chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks), {
      flag: "wx",
      mode: 0o600,
    });
    return;
  }
  const file = await open(place, "wx", 0o600);
  try {
    for await (const chunk of body) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

function attributesOf({ uid = 0, gid = 0, mode = 0, mtime }: TarHeader): Attributes {
  return { uid, gid, mode: mode & 0o7777, ...(mtime !== undefined && { time: mtime.getTime() / 1000 }) };
}

/** GNU's holes in files lie in a table of their own: what is read as content would not be the file's. */
function checkSparse({ name, pax }: TarHeader): void {
  if (pax?.["GNU.sparse.major"] !== undefined || pax?.["GNU.sparse.map"] !== undefined)
    throw invalidEntry(`${shown(name)} is a sparse file of GNU tar, which layers do not have`);
}
