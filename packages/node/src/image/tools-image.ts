import { execFile } from "node:child_process";
import { access, constants, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { packTar, type TarHeader } from "modern-tar";
import { digestOf } from "./digest.ts";
import { ImageFault } from "./image.ts";
import type { Platform } from "./image-config.ts";
import type { ImageSource } from "./image-source.ts";

/** An image that is made of this machine's own programs, so that nothing must be downloaded. */
export const toolsImageName = "sallyport.dev/tools:latest";

export interface ToolsOptions {
  readonly platform: Platform;
  /** A folder for the layer. */
  readonly scratch: string;
  /** Where programs are looked for, in this order. */
  readonly folders?: readonly string[];
}

const programFolders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** What the image has where there is no busybox, of these what the machine has. */
const programs = (
  "sh cat chmod chown cp cut date dd df echo env false grep head hostname id kill ln ls mkdir mount mv nc ping printf ps pwd rm " +
  "rmdir sed seq sleep sort stat tail tee test timeout touch tr true umount uname unshare wc whoami wget"
).split(" ");
/** Without these it would be no use. */
const needed = ["sh", "cat", "id", "ls", "sleep"];

const users = [
  "root:x:0:0:root:/root:/bin/sh",
  "app:x:1000:1000:app:/home/app:/bin/sh",
  "nobody:x:65534:65534:nobody:/:/bin/false",
];
const groups = ["root:x:0:", "app:x:1000:", "nobody:x:65534:"];
const folders = ["bin", "dev", "etc", "home", "proc", "root", "run", "sys", "usr", "usr/bin", "var"];

type Entry = { readonly header: TarHeader; readonly body?: Uint8Array };

/** An image of one program of this machine, which stays where it is: containers see it at the same path. */
export interface MachineImage {
  /** In full, with its tag. */
  readonly name: string;
  /** The program and the words before those of a container. */
  readonly entrypoint: readonly string[];
  /** What the program needs beside its libraries: files and folders, absolute. */
  readonly files: readonly string[];
}

/** With the libraries that the program loads, and those of its interpreter. */
export async function machineSource(
  { entrypoint }: MachineImage,
  { platform, scratch }: ToolsOptions,
): Promise<ImageSource> {
  const libraries = await librariesOf(entrypoint[0] as string);
  const copies = libraries.toSorted().map(async (library) => file(library.slice(1), await readFile(library), 0o755));
  const config = { Env: ["PATH=/bin:/usr/bin"], Entrypoint: entrypoint, WorkingDir: "/" };
  return await sourceOf([...skeleton(), ...(await Promise.all(copies))], config, { platform, scratch });
}

/** The same programs make the same image, bit by bit. Rejects with an `ImageFault` where the machine has too few. */
export async function toolsSource({ platform, scratch, folders = programFolders }: ToolsOptions): Promise<ImageSource> {
  const config = { Env: ["PATH=/bin:/usr/bin"], Cmd: ["/bin/sh"], WorkingDir: "/" };
  return await sourceOf([...skeleton(), ...(await programEntries(folders))], config, { platform, scratch });
}

async function sourceOf(
  entries: readonly Entry[],
  containers: object,
  { platform, scratch }: Pick<ToolsOptions, "platform" | "scratch">,
): Promise<ImageSource> {
  const tar = await packTar([...entries]);
  const file = join(scratch, "tools.tar");
  await writeFile(file, tar);
  const config = { ...platform, config: containers, rootfs: { type: "layers", diff_ids: [digestOf(tar)] } };
  return {
    config: Buffer.from(JSON.stringify(config)),
    layers: [{ size: tar.length, fetch: async () => file }],
  };
}

function skeleton(): readonly Entry[] {
  return [
    ...folders.map((name) => folder(name, 0o755)),
    folder("tmp", 0o1777),
    folder("home/app", 0o755, 1000),
    file("etc/passwd", Buffer.from(`${users.join("\n")}\n`), 0o644),
    file("etc/group", Buffer.from(`${groups.join("\n")}\n`), 0o644),
  ];
}

/** busybox with a link for each of its applets; else what there is of single programs, with their libraries. */
async function programEntries(folders: readonly string[]): Promise<readonly Entry[]> {
  const busybox = await findProgram("busybox", folders);
  const applets = busybox === undefined ? [] : await appletsOf(busybox);
  if (busybox !== undefined && needed.every((name) => applets.includes(name)))
    return [
      ...(await filesOf(new Map([["bin/busybox", busybox]]))),
      ...applets.filter((name) => name !== "busybox").map((name) => link(`bin/${name}`, "busybox")),
    ];
  const found = await Promise.all(programs.map(async (name) => [name, await findProgram(name, folders)] as const));
  const there = new Map(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
  const missing = needed.filter((name) => !there.has(name));
  if (missing.length > 0)
    throw new ImageFault(
      "ErrImagePull",
      `${toolsImageName} is made of this machine's programs, which has neither busybox nor ${missing.join(", ")}`,
    );
  return await filesOf(new Map([...there].map(([name, place]) => [`bin/${name}`, place])));
}

async function appletsOf(busybox: string): Promise<readonly string[]> {
  const { stdout } = await run(busybox, ["--list"]).catch(() => ({ stdout: "" }));
  return stdout
    .split("\n")
    .filter((name) => /^[\w.[\]-]+$/.test(name))
    .sort();
}

/** Programs by their paths in the image, and the libraries that they load, at the paths that they look at. */
async function filesOf(programs: ReadonlyMap<string, string>): Promise<readonly Entry[]> {
  const libraries = new Set<string>();
  for (const place of programs.values()) for (const library of await librariesOf(place)) libraries.add(library);
  const all = [...programs, ...[...libraries].map((library) => [library.slice(1), library] as const)];
  const files = await Promise.all(
    all.toSorted().map(async ([path, place]) => file(path, await readFile(place), 0o755)),
  );
  return files;
}

/** By what `ldd` prints; none for a static program, for which it fails. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await run("ldd", [program]).catch(() => ({ stdout: "" }));
  return [...stdout.matchAll(/(?:=>\s+|^\s*)(\/\S+)\s+\(0x/gm)].map(([, library]) => library as string);
}

async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const place = join(folder, name);
    if (
      await access(place, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return place;
  }
  return undefined;
}

function run(program: string, parameters: readonly string[]): Promise<{ readonly stdout: string }> {
  return promisify(execFile)(program, parameters, { timeout: 10_000 });
}

const owned = { uid: 0, gid: 0, mtime: new Date(0) };

function folder(name: string, mode: number, owner = 0): Entry {
  return { header: { ...owned, uid: owner, gid: owner, name: `${name}/`, type: "directory", mode, size: 0 } };
}

function file(name: string, body: Uint8Array, mode: number): Entry {
  return { header: { ...owned, name, type: "file", mode, size: body.length }, body };
}

function link(name: string, linkname: string): Entry {
  return { header: { ...owned, name, type: "symlink", linkname, mode: 0o777, size: 0 } };
}
