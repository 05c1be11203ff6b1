import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPrograms, external } from "./build-program.ts";

const root = join(import.meta.dirname, "..");

/**
 * Fills a folder with what is published: the built program, its launcher, the tour's files, and the licences of what was built in. Native
 * code is a dependency; `npm install --omit=dev` in the folder fetches it.
 */
export async function buildPackage(folder: string): Promise<void> {
  const own = readManifest(join(root, "packages/cli"));
  const built = await buildPrograms(join(folder, "dist"));
  const packages = [...new Set(built.flatMap((each) => each.packages))].sort();
  for (const file of globSync("bin/*.js", { cwd: join(root, "packages/cli") }))
    copy(`packages/cli/${file}`, folder, file);
  copy("packages/cli/tour", folder, "tour");
  for (const file of ["README.md", "LICENSE", "CHANGELOG.md"]) copy(file, folder, file);
  const { name, version, description, license, type, bin } = own;
  const published = {
    name,
    version,
    description,
    license,
    type,
    engines: { node: ">=24" },
    bin,
    dependencies: native(),
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(published, undefined, 2)}\n`);
  writeFileSync(join(folder, "THIRD-PARTY-LICENSES"), packages.map(licenceOf).join(`\n${"-".repeat(80)}\n\n`));
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly bin?: { readonly [name: string]: string };
  readonly dependencies?: { readonly [name: string]: string };
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

function copy(from: string, folder: string, to: string): void {
  mkdirSync(join(folder, to, ".."), { recursive: true });
  cpSync(join(root, from), join(folder, to), { recursive: true });
}

/** What is not built in, at the versions that the rooms pin. */
function native(): { readonly [name: string]: string } {
  const rooms = globSync("packages/*", { cwd: root }).map((room) => readManifest(join(root, room)).dependencies ?? {});
  return Object.fromEntries(
    external.map((name) => [name, rooms.find((dependencies) => name in dependencies)?.[name] as string]),
  );
}

/** A package's name, version and licence, with its text where it comes with one. */
function licenceOf(folder: string): string {
  const { name, version, license = "see its text" } = readManifest(folder);
  const [file] = globSync("{LICENSE,LICENCE,License,license}*", { cwd: folder }).sort();
  return `${name} ${version} (${license})\n\n${file === undefined ? "" : readFileSync(join(folder, file), "utf8")}`;
}
