import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "@sallyport/files";
import { readArchive } from "./archive.ts";
import { credentialsFor } from "./credentials.ts";
import {
  type Image,
  type ImageConfig,
  ImageFault,
  type ImageStore,
  type PullOptions,
  type RegistryCredential,
} from "./image.ts";
import { type Platform, parseImageConfig } from "./image-config.ts";
import { fullName, type ImageName, parseImageName } from "./image-name.ts";
import { ImageNames } from "./image-names.ts";
import type { ImageSource, Registry } from "./image-source.ts";
import { isRunning } from "./is-running.ts";
import { type ImageLimits, imageLimits } from "./limits.ts";
import { SharedPulls } from "./shared-pulls.ts";
import { type MachineImage, machineSource, toolsImageName, toolsSource } from "./tools-image.ts";
import { type UnpackLosses, unpackImage } from "./unpack/unpack-image.ts";

export interface FolderImageStoreOptions {
  /** Is made where it is not there. Nobody else may write into it. */
  readonly folder: string;
  /** What this machine runs: `linux/amd64` by default as it is. */
  readonly platform?: Platform;
  readonly limits?: ImageLimits;
  /** Where images are pulled from. None are without it. */
  readonly registry?: Registry;
  /** Where the programs of the image of tools lie, if not where machines have theirs. */
  readonly tools?: { readonly folders: readonly string[] };
  /** Images that are made of this machine's programs, beside that of tools. */
  readonly machineImages?: readonly MachineImage[];
  /** Told once for each image of which something is not here as it is there. */
  readonly report?: (message: string) => void;
}

/** What lies beside an unpacked image. */
interface StoredImage {
  readonly id: string;
  readonly config: ImageConfig;
  readonly sizeBytes: number;
  readonly losses: UnpackLosses;
}

const idPattern = /^sha256:[0-9a-f]{64}$/;

/** Go's names of Node's. */
const architectures: { readonly [arch: string]: string } = { x64: "amd64", ia32: "386" };

/**
 * Images unpacked in a folder: `images/HEX/rootfs` by the digest of the configuration, `names.json`, and `unfinished/`, of which
 * nothing becomes an image but by one rename.
 */
export class FolderImageStore implements ImageStore {
  readonly #folder: string;
  readonly #options: FolderImageStoreOptions;
  readonly #platform: Platform;
  readonly #limits: ImageLimits;
  readonly #names: ImageNames;
  readonly #pulls = new SharedPulls<Image>();
  readonly #machines = new Map<string, Promise<Image>>();

  constructor(options: FolderImageStoreOptions) {
    // Containers of user namespaces walk through these folders to their root: no listing, but a way through.
    for (const folder of ["", "images", "unfinished"])
      mkdirSync(join(options.folder, folder), { recursive: true, mode: 0o711 });
    this.#folder = realpathSync(options.folder);
    this.#options = options;
    this.#limits = options.limits ?? imageLimits;
    this.#platform = options.platform ?? { os: "linux", architecture: architectures[process.arch] ?? process.arch };
    this.#names = new ImageNames(join(this.#folder, "names.json"));
    this.#sweep();
  }

  async find(name: string): Promise<Image | undefined> {
    if (idPattern.test(name)) return await this.#read(name);
    const full = fullName(parseImageName(name));
    const machine = this.#machineImage(full);
    if (machine !== undefined) return await this.#makeMachine(machine).catch(() => undefined);
    const found = this.#names.find(full);
    if (found !== undefined) return await this.#read(found.id, found.repoDigest);
    // Why it cannot be made is told by who pulls it.
    return full === toolsImageName ? await this.#makeTools().catch(() => undefined) : undefined;
  }

  async mayUse(name: string, credentials: readonly RegistryCredential[]): Promise<boolean> {
    const isId = idPattern.test(name);
    const names = isId ? this.#names.namesOf(name) : [fullName(parseImageName(name))];
    const givings = names.map((each) => this.#names.find(each)?.givenTo);
    const givenTo = givings.flatMap((each) => each ?? []);
    if (givings.includes(undefined) || givenTo.includes("anyone")) return true;
    // An id says of no registry who is for it.
    const matching = isId ? [] : credentialsFor(parseImageName(name), credentials);
    const own = await Promise.all(matching.map((credential) => this.#givingOf(credential)));
    return own.some((giving) => givenTo.includes(giving));
  }

  async list(): Promise<readonly (Image & { readonly names: readonly string[] })[]> {
    const images = await Promise.all(
      readdirSync(join(this.#folder, "images")).map(async (hex) => {
        const names = this.#names.namesOf(`sha256:${hex}`);
        const repoDigest = names
          .map((name) => this.#names.find(name)?.repoDigest)
          .find((digest) => digest !== undefined);
        const image = await this.#read(`sha256:${hex}`, repoDigest);
        return image && { ...image, names: names.filter((name) => !name.includes("@")) };
      }),
    );
    return images.filter((image) => image !== undefined);
  }

  async pull(name: string, { credentials, signal }: PullOptions): Promise<Image> {
    const parsed = parseImageName(name);
    if (fullName(parsed) === toolsImageName) return await this.#makeTools(signal);
    const machine = this.#machineImage(fullName(parsed));
    if (machine !== undefined) return await this.#makeMachine(machine);
    const { registry } = this.#options;
    if (registry === undefined)
      throw new ImageFault("ErrImagePull", `${fullName(parsed)} cannot be pulled: no registries are asked here`);
    // Who has other credentials may be refused what others are given.
    const key = JSON.stringify([fullName(parsed), credentials]);
    return await this.#pulls.share(key, signal, (shared) =>
      this.#unfinished(async (scratch) => {
        const source = await registry.resolve(parsed, {
          credentials,
          signal: shared,
          scratch,
          platform: this.#platform,
          limits: this.#limits,
          isHere: (id) => existsSync(this.#imageFolder(id)),
        });
        return await this.#add(source, [parsed], scratch, shared);
      }),
    );
  }

  /** The images of an OCI layout or a docker archive, by the names that they have there, or the one that it holds by another. Rejects with an `ImageFault`. */
  async importImage(path: string, name?: string): Promise<readonly Image[]> {
    return await this.#unfinished(async (scratch) => {
      const archive = { platform: this.#platform, limits: this.#limits, scratch: join(scratch, "archive") };
      const sources = await readArchive(path, archive);
      if (name !== undefined && sources.length > 1)
        throw new ImageFault("ErrImagePull", `${path} holds ${sources.length} images: they cannot all be ${name}`);
      const images: Image[] = [];
      for (const source of sources) {
        const names = (name === undefined ? source.names : [name]).map(parseImageName);
        if (names.length === 0)
          throw new ImageFault("ErrImagePull", `an image in ${path} has no name there: give it one`);
        images.push(await this.#add(source, names, scratch, new AbortController().signal));
      }
      return images;
    });
  }

  /**
   * Takes a name away, and the image too when it has no other. False when nothing has the name. Rejects with an `ImageFault` while a
   * container has the image below it.
   */
  async remove(name: string): Promise<boolean> {
    const full = fullName(parseImageName(name));
    const named = this.#names.find(full);
    if (named === undefined) return false;
    const others = this.#names.namesOf(named.id).filter((other) => other !== full && !other.includes("@"));
    if (others.length > 0) await this.#names.remove(full);
    else await this.#removeImage(named.id, full);
    return true;
  }

  async #removeImage(id: string, name: string): Promise<void> {
    if (readFileSync("/proc/self/mountinfo", "utf8").includes(id.slice("sha256:".length)))
      throw new ImageFault("ImageInUse", `${name} is in use: a container runs on it`);
    await this.#names.removeAllOf(id);
    // By one rename it is no image any more.
    const gone = this.#unfinishedFolder();
    await rename(this.#imageFolder(id), gone);
    await rm(gone, { recursive: true, force: true });
  }

  /** Once: there is no other one to be had. */
  async #makeTools(signal: AbortSignal = new AbortController().signal): Promise<Image> {
    const found = this.#names.find(toolsImageName);
    const made = found && (await this.#read(found.id));
    if (made !== undefined) return made;
    const platform = this.#platform;
    return await this.#pulls.share(toolsImageName, signal, (shared) =>
      this.#unfinished(async (scratch) => {
        const source = await toolsSource({ platform, scratch, ...this.#options.tools });
        return await this.#add(source, [parseImageName(toolsImageName)], scratch, shared);
      }),
    );
  }

  #machineImage(full: string): MachineImage | undefined {
    return this.#options.machineImages?.find(({ name }) => name === full);
  }

  /** Once in a life: the program may be another in the next. */
  #makeMachine(machine: MachineImage): Promise<Image> {
    const made =
      this.#machines.get(machine.name) ??
      this.#unfinished(async (scratch) => {
        const source = await machineSource(machine, { platform: this.#platform, scratch });
        const image = await this.#add(source, [parseImageName(machine.name)], scratch, new AbortController().signal);
        return { ...image, machineFiles: [machine.entrypoint[0] as string, ...machine.files] };
      });
    this.#machines.set(machine.name, made);
    made.catch(() => this.#machines.delete(machine.name));
    return made;
  }

  async #add(source: ImageSource, names: readonly ImageName[], scratch: string, signal: AbortSignal): Promise<Image> {
    const document = parseImageConfig(source.config, this.#platform);
    const { id, config } = document;
    if (!existsSync(this.#imageFolder(id))) {
      const made = join(scratch, "image");
      mkdirSync(made, { mode: 0o711 });
      const hasOwners = process.getuid?.() === 0;
      const losses = await unpackImage(join(made, "rootfs"), source, document, {
        limits: this.#limits,
        hasOwners,
        signal,
      });
      const sizeBytes = source.layers.reduce((sum, { size }) => sum + size, source.config.length);
      await writeWhole(
        join(made, "image.json"),
        JSON.stringify({ id, config, sizeBytes, losses } satisfies StoredImage),
        0o600,
      );
      await this.#publish(made, id);
      this.#tellLosses(fullName(names[0] as ImageName), losses, hasOwners);
    }
    const givenTo = source.givenTo && [await this.#givingOf(source.givenTo)];
    for (const name of names) {
      const repoDigest = repoDigestOf(name, source);
      await this.#names.add([fullName(name)], {
        id,
        ...(repoDigest !== undefined && { repoDigest }),
        ...(givenTo !== undefined && { givenTo }),
      });
    }
    return (await this.#read(id, repoDigestOf(names[0] as ImageName, source))) as Image;
  }

  /** What is remembered of whom an image was given to: no password can be read of it. */
  async #givingOf(to: RegistryCredential | "anyone"): Promise<string> {
    if (to === "anyone") return to;
    const salt = await this.#salt();
    return createHash("sha256")
      .update(JSON.stringify([salt, to.username, to.password]))
      .digest("hex");
  }

  async #salt(): Promise<string> {
    const file = join(this.#folder, "salt");
    const found = await readFile(file, "utf8").catch(() => "");
    if (found !== "") return found;
    const made = randomBytes(32).toString("hex");
    await writeWhole(file, made, 0o600);
    return made;
  }

  async #publish(made: string, id: string): Promise<void> {
    try {
      await rename(made, this.#imageFolder(id));
    } catch (error) {
      // Another pull was there first: the same configuration names the same layers.
      if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      await rm(made, { recursive: true, force: true });
    }
  }

  #tellLosses(name: string, { specialFiles, capabilities }: UnpackLosses, hasOwners: boolean): void {
    const told = [
      ...(specialFiles > 0 ? [`${specialFiles} devices or FIFOs of it are not made`] : []),
      ...(hasOwners ? [] : ["its files are this process' own: only root can give them their owners"]),
      ...(capabilities > 0
        ? [`${capabilities} files of it are without their capabilities: setcap cannot set them`]
        : []),
    ];
    if (told.length > 0) this.#options.report?.(`image ${name}: ${told.join("; ")}`);
  }

  async #read(id: string, repoDigest?: string): Promise<Image | undefined> {
    const folder = this.#imageFolder(id);
    const text = await readFile(join(folder, "image.json"), "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    const { config, sizeBytes } = JSON.parse(text) as StoredImage;
    const image = { id, config, rootfs: join(folder, "rootfs"), sizeBytes };
    return repoDigest === undefined ? image : { ...image, repoDigest };
  }

  /** Runs with a folder of its own that is gone afterwards, whatever happens. */
  async #unfinished<T>(run: (scratch: string) => Promise<T>): Promise<T> {
    const scratch = this.#unfinishedFolder();
    mkdirSync(scratch, { mode: 0o711 });
    try {
      return await run(scratch);
    } catch (error) {
      throw isSystemFault(error) ? diskFault(error) : error;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  #unfinishedFolder(): string {
    return join(this.#folder, "unfinished", `${process.pid}-${randomBytes(6).toString("hex")}`);
  }

  /** Takes away what processes left that are no more. */
  #sweep(): void {
    const unfinished = join(this.#folder, "unfinished");
    for (const name of readdirSync(unfinished))
      if (!isRunning(Number.parseInt(name, 10))) rmSync(join(unfinished, name), { recursive: true, force: true });
  }

  #imageFolder(id: string): string {
    return join(this.#folder, "images", id.slice("sha256:".length));
  }
}

/** A full disk, above all. */
function isSystemFault(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function diskFault({ code, syscall }: NodeJS.ErrnoException): ImageFault {
  return new ImageFault("ErrImagePull", `the image cannot be kept on this machine: ${code} at ${syscall}`);
}

function repoDigestOf({ registry, repository }: ImageName, { manifestDigest }: ImageSource): string | undefined {
  return manifestDigest === undefined ? undefined : `${registry}/${repository}@${manifestDigest}`;
}
