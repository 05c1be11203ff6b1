import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";

const maxModule = 64 * 1024 * 1024;

/** A module as the kernel takes it, whatever it is packed by. */
export async function moduleData(file: string): Promise<Buffer> {
  if (file.endsWith(".xz")) {
    const options = { encoding: "buffer", maxBuffer: maxModule } as const;
    return (await promisify(execFile)("xz", ["--decompress", "--stdout", file], options)).stdout;
  }
  const data = await readFile(file);
  if (file.endsWith(".gz")) return promisify(gunzip)(data, { maxOutputLength: maxModule });
  return file.endsWith(".zst") ? promisify(zstdDecompress)(data, { maxOutputLength: maxModule }) : data;
}

/** As modules are named whatever their files are: `kernel/fs/fuse/virtiofs.ko.xz` is virtiofs. */
export function moduleName(file: string): string {
  return basename(file)
    .replace(/\.ko(\.\w+)?$/, "")
    .replaceAll("-", "_");
}

/**
 * What `depmod` would write of some modules in a folder, read from the modules themselves: packages that are only unpacked have no
 * modules.dep. Each with all that it needs, the nearest first. Undefined where there are no modules.
 */
export async function modulesDep(folder: string, names: readonly string[]): Promise<string | undefined> {
  const paths = await readdir(join(folder, "kernel"), { recursive: true }).catch(() => undefined);
  if (paths === undefined) return undefined;
  const files = paths.filter((path) => /\.ko(\.\w+)?$/.test(path)).map((path) => join("kernel", path));
  const byName = new Map(files.map((file) => [moduleName(file), file]));
  const read = new Map<string, Promise<readonly string[]>>();
  const needsOf = (file: string) => {
    // Unpacking takes its time, and most need the same few.
    const known = read.get(file) ?? moduleData(join(folder, file)).then(dependsOf);
    read.set(file, known);
    return known;
  };
  const lines: string[] = [];
  for (const file of names.flatMap((name) => byName.get(name) ?? [])) {
    const found = new Set<string>();
    await addNeeds(file, needsOf, byName, found);
    lines.push(`${file}: ${[...found].join(" ")}\n`);
  }
  return lines.join("");
}

/** Behind what is found already: one that others need too goes to the end. */
async function addNeeds(
  file: string,
  needsOf: (file: string) => Promise<readonly string[]>,
  byName: ReadonlyMap<string, string>,
  found: Set<string>,
): Promise<void> {
  for (const name of await needsOf(file)) {
    const needed = byName.get(name);
    if (needed === undefined) continue;
    found.delete(needed);
    found.add(needed);
    await addNeeds(needed, needsOf, byName, found);
  }
}

/** Of a module's own information: `depends=virtio,virtio_ring`, between two zeros. */
function dependsOf(data: Buffer): readonly string[] {
  const mark = "\0depends=";
  const at = data.indexOf(mark);
  if (at < 0) return [];
  const from = at + mark.length;
  return data.toString("latin1", from, data.indexOf(0, from)).split(",").filter(Boolean);
}
