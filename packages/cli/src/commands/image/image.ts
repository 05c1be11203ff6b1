import { join, resolve } from "node:path";
import type { FolderImageStore, Image } from "@sallyport/node/kubelet";
import { Command } from "commander";
import { exitCodes } from "../../errors.ts";
import { InputError } from "../../manifests.ts";

interface ImageFlags {
  readonly data: string;
  readonly json?: boolean;
  readonly name?: string;
}

type NamedImage = Image & { readonly names: readonly string[] };

/** Images of this machine's node, from disk: what registries have comes by itself. */
export function imageCommand(): Command {
  const command = new Command("image").description("images of this machine's node: from archives, listed, removed");
  for (const create of [importCommand, listCommand, removeCommand]) command.addCommand(create().exitOverride());
  return command;
}

function withFolder(command: Command): Command {
  return command
    .option("--data <folder>", "data folder of `sallyport up`, which may be running", ".sallyport")
    .option("--json", "say it as JSON");
}

function importCommand(): Command {
  return withFolder(
    new Command("import")
      .description(
        "unpack the images of an OCI image layout or of what `docker save` wrote, so that pods can run on them",
      )
      .argument("<path>", "a folder, or a tar archive of it, by gzip or zstd too"),
  )
    .option("--name <name>", "what the image is called here; by default as in the archive")
    .addHelpText(
      "after",
      `
Examples:
  docker save app:1 | gzip > app.tar.gz && sallyport image import app.tar.gz
  skopeo copy docker://busybox oci:busybox && sallyport image import busybox --name busybox

Owners, modes, links and times are the image's; devices are not made, and nothing of it leads out of its folder.

Exit status: 0 imported, 2 bad usage, no image or no room for it, 3 permissions.`,
    )
    .action(async (path: string, flags: ImageFlags) => {
      const store = await openStore(flags);
      await answering(flags, async () => {
        const imported = await store.importImage(path, flags.name);
        const ids = new Set(imported.map(({ id }) => id));
        return (await store.list()).filter(({ id }) => ids.has(id));
      });
    });
}

function listCommand(): Command {
  return withFolder(new Command("list").description("the images that lie here, with their names, ids and sizes"))
    .addHelpText("after", "\nExit status: 0 listed, 2 bad usage, 3 disk or permissions.")
    .action(async (flags: ImageFlags) => {
      const store = await openStore(flags);
      await answering(flags, () => store.list());
    });
}

function removeCommand(): Command {
  return withFolder(
    new Command("remove")
      .description("take a name away, and its image too when it has no other; not while a container runs on it")
      .argument("<name>", "as `list` shows it"),
  )
    .addHelpText("after", "\nExit status: 0 removed, 1 in use, 2 bad usage or no such image, 3 disk or permissions.")
    .action(async (name: string, flags: ImageFlags) => {
      const store = await openStore(flags);
      await answering(flags, async () => {
        if (!(await store.remove(name))) throw new InputError(`no image is called ${name} here`);
        return await store.list();
      });
    });
}

async function openStore({ data }: ImageFlags): Promise<FolderImageStore> {
  const { FolderImageStore } = await import("@sallyport/node/kubelet");
  const report = (line: string) => void process.stderr.write(`${line}\n`);
  return new FolderImageStore({ folder: join(resolve(data), "node", "images"), report });
}

/** Prints images, or in one line why there is no answer. */
async function answering(flags: ImageFlags, answer: () => Promise<readonly NamedImage[]>): Promise<void> {
  const { ImageFault } = await import("@sallyport/node/kubelet");
  try {
    const images = await answer();
    process.stdout.write(flags.json === true ? `${JSON.stringify(images.map(shown))}\n` : imageTable(images));
  } catch (error) {
    if (!(error instanceof ImageFault)) throw error;
    if (error.reason !== "ImageInUse") throw new InputError(error.message);
    process.stderr.write(`${error.message}\n`);
    process.exitCode = exitCodes.denied;
  }
}

function shown({ names, id, repoDigest, sizeBytes, config }: NamedImage): object {
  return { names, id, ...(repoDigest !== undefined && { repoDigest }), sizeBytes, config };
}

/** As docker lists them, with the whole id: `NAME  ID  SIZE`. An image without a name has a dash. */
export function imageTable(images: readonly NamedImage[]): string {
  const rows = images
    .flatMap(({ names, id, sizeBytes }) =>
      (names.length === 0 ? ["-"] : names).map((name) => [name, id, megabytes(sizeBytes)]),
    )
    .toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  const all = [["NAME", "ID", "SIZE"], ...rows];
  const widths = [0, 1].map((column) => Math.max(...all.map((row) => (row[column] as string).length)));
  return all
    .map(([name = "", id = "", size = ""]) => `${name.padEnd(widths[0]!)}  ${id.padEnd(widths[1]!)}  ${size}\n`)
    .join("");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)}MB`;
}
