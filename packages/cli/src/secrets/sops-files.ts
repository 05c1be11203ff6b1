import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { writeWholeSync } from "@sallyport/files";
import {
  type CreationRule,
  creationRuleFor,
  identitiesOf,
  isSopsText,
  openSops,
  type Selection,
  SopsError,
  type SopsFormat,
  sealSops,
  sopsFormatOf,
} from "@sallyport/secrets";
import { UsageError } from "../errors.ts";
import { InputError } from "../manifests.ts";
import { readTextFile } from "./text-file.ts";

export interface SopsSealing {
  /** `age1…`; without any, the creation rule's. */
  readonly recipients: readonly string[];
  readonly selection?: Selection;
  readonly macOnlyEncrypted?: boolean;
  readonly format?: SopsFormat;
}

/** The sealed text of a file. What flags do not say, a `.sops.yaml` above the file does. Throws `InputError`. */
export async function sealSopsFile(file: string, sealing: SopsSealing): Promise<string> {
  const text = readTextFile(file);
  const rule = file === "-" ? undefined : ruleFor(file);
  const recipients = sealing.recipients.length > 0 ? sealing.recipients : (rule?.recipients ?? []);
  if (recipients.length === 0)
    throw new UsageError(
      `${file}: nobody to seal it for: --age RECIPIENT, or a .sops.yaml whose creation_rules name some`,
    );
  const selection = sealing.selection ?? rule?.selection;
  const format = sealing.format ?? formatOf(file);
  return told(file, () =>
    sealSops(text, format, {
      recipients,
      macOnlyEncrypted: sealing.macOnlyEncrypted ?? rule?.macOnlyEncrypted ?? false,
      now: new Date(),
      ...(selection === undefined ? {} : { selection }),
    }),
  );
}

/** The text of a sealed file in clear; undefined for a file that is none of sops'. Throws `InputError`. */
export async function openSopsText(
  file: string,
  text: string,
  keyFiles: readonly string[],
  format: SopsFormat | undefined,
): Promise<string | undefined> {
  if (!isSopsText(text)) return undefined;
  const identities = identitiesAt(keyFiles);
  return told(file, () => openSops(text, format ?? formatOf(file, text), identities));
}

function formatOf(file: string, text?: string): SopsFormat {
  const format = sopsFormatOf(file) ?? (text === undefined ? undefined : formatOfText(text));
  if (format !== undefined) return format;
  throw new UsageError(`${file}: of which format it is cannot be told by its name: --format yaml, json or dotenv`);
}

function formatOfText(text: string): SopsFormat {
  if (/^sops_/m.test(text)) return "dotenv";
  return text.trimStart().startsWith("{") ? "json" : "yaml";
}

/** Folders above a file in which a `.sops.yaml` is looked for: sops looks into 100. */
const maxFolders = 100;

function ruleFor(file: string): CreationRule | undefined {
  let folder = dirname(resolve(file));
  for (let i = 0; i < maxFolders; i++) {
    const config = join(folder, ".sops.yaml");
    if (statSync(config, { throwIfNoEntry: false })?.isFile() === true) {
      const path = relative(folder, resolve(file));
      return toldAtOnce(config, () => creationRuleFor(readTextFile(config), path));
    }
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
  return undefined;
}

/** Where sops looks: files that are named, `SOPS_AGE_KEY`, `SOPS_AGE_KEY_FILE`, and its folder of configuration. */
function identitiesAt(files: readonly string[]): readonly string[] {
  const { SOPS_AGE_KEY: key, SOPS_AGE_KEY_FILE: keyFile, XDG_CONFIG_HOME } = process.env;
  if (files.length > 0) return files.flatMap((file) => identitiesOf(readTextFile(file)));
  const own = join(XDG_CONFIG_HOME || join(homedir(), ".config"), "sops", "age", "keys.txt");
  const found = [
    ...(key === undefined ? [] : identitiesOf(key)),
    ...(keyFile === undefined ? [] : identitiesOf(readTextFile(keyFile))),
    ...(statSync(own, { throwIfNoEntry: false }) === undefined ? [] : identitiesOf(readFileSync(own, "utf8"))),
  ];
  if (found.length === 0)
    throw new UsageError("a file of sops needs a key of age: --age-key FILE, SOPS_AGE_KEY or SOPS_AGE_KEY_FILE");
  return found;
}

/** Puts a text in the place of a file at once, with its permissions: what is cut off in the middle leaves the old one. */
export function replaceFile(file: string, text: string): void {
  writeWholeSync(file, text, statSync(file).mode & 0o777);
}

async function told(file: string, act: () => Promise<string>): Promise<string> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof SopsError ? new InputError(`${file}: ${error.message}`) : error;
  }
}

function toldAtOnce<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof SopsError ? new InputError(`${file}: ${error.message}`) : error;
  }
}
