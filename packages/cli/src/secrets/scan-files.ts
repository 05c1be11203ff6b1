import {
  type Confidence,
  createFingerprint,
  type Finding,
  isAtLeast,
  parseBaseline,
  parseUserRules,
  RulesError,
  scanText,
  type UserRules,
} from "@sallyport/secrets";
import { expandFiles, InputError } from "../manifests.ts";
import { readTextFile } from "./text-file.ts";

export interface ScanSettings {
  readonly minConfidence: Confidence;
  readonly includeSecrets: boolean;
  /** Paths of files and folders to leave out. */
  readonly exclude: readonly string[];
  readonly rules?: string;
  readonly baseline?: string;
  readonly saltFile?: string;
  readonly onRead?: (done: number, of: number) => void;
}

/** What was found in all files. */
export interface ScanReport {
  readonly findings: readonly Finding[];
  readonly files: number;
  /** Found, and of less confidence than was asked for. */
  readonly below: number;
  /** Found, and named by the baseline. */
  readonly known: number;
}

/** Of folders: what configuration lies in. Files that are named are read whatever they are. */
const names =
  /^(?!(?:.*\/)?(?:node_modules|\.git)\/)(?:.*\.(?:ya?ml|json|env|properties|tpl|toml|ini|conf|cfg|tfvars|xml|sh)|(?:.*\/)?\.(?:env(?:\.[\w.-]+)?|npmrc|pypirc|netrc|pgpass))$/;

/** Scans files, folders and `-`. Throws `InputError`. */
export function scanFiles(paths: readonly string[], settings: ScanSettings): ScanReport {
  const { minConfidence, includeSecrets } = settings;
  const rules = settings.rules === undefined ? undefined : rulesOfFile(settings.rules);
  const known = settings.baseline === undefined ? undefined : baselineOfFile(settings.baseline);
  const fingerprint = createFingerprint(settings.saltFile === undefined ? undefined : saltOfFile(settings.saltFile));
  const files = expandFiles(paths, names).filter((file) => !isExcluded(file, settings.exclude));
  const found = files.flatMap((file, i) => {
    const made = scanText(file, readTextFile(file), {
      fingerprint,
      includeSecrets,
      ...(rules === undefined ? {} : { rules }),
    });
    settings.onRead?.(i + 1, files.length);
    return made;
  });
  const unknown = found.filter((each) => known?.has(each.fingerprint) !== true);
  const findings = unknown.filter(({ confidence }) => isAtLeast(confidence, minConfidence));
  return {
    findings,
    files: files.length,
    below: unknown.length - findings.length,
    known: found.length - unknown.length,
  };
}

function isExcluded(file: string, exclude: readonly string[]): boolean {
  const bare = (path: string) => path.replace(/^\.\//, "").replace(/\/+$/, "");
  return exclude.some((each) => bare(file) === bare(each) || bare(file).startsWith(`${bare(each)}/`));
}

function rulesOfFile(file: string): UserRules {
  try {
    return parseUserRules(readTextFile(file));
  } catch (error) {
    throw error instanceof RulesError ? new InputError(`--rules ${file}: ${error.message}`) : error;
  }
}

function baselineOfFile(file: string): ReadonlySet<string> {
  const read = parseBaseline(readTextFile(file));
  if (!("badLine" in read)) return read;
  throw new InputError(`--baseline ${file}:${read.badLine}: expected a fingerprint of 16 hexadecimal digits`);
}

/** A salt that can be guessed is none. */
const minSalt = 16;

function saltOfFile(file: string): string {
  const salt = readTextFile(file).trim();
  if (salt.length >= minSalt) return salt;
  throw new InputError(`--salt-file ${file}: expected at least ${minSalt} characters`);
}
