import { type Finding, isAtLeast } from "./finding.ts";
import { type Label, type LabelledFile, labelledSet } from "./labelled-set.fixture.ts";
import { scanText } from "./scan.ts";

/** What a scan of the labelled set found, with values of several seeds. */
export interface Rates {
  /** Of the secrets, how many were found: 1 is all. */
  readonly recall: number;
  /** Of what was found, how much is a secret: 1 is all. */
  readonly precision: number;
  readonly secrets: number;
  readonly missed: readonly Label[];
  /** What was found and is none: where it stands. */
  readonly wrong: readonly string[];
}

/** Something that was found: its value, and where. */
export interface Found {
  readonly value: string;
  readonly place: string;
}

/** Rates of a scanner that answers what it found in a file. Each finding counts for one secret at most. */
export function ratesOf(files: readonly LabelledFile[], scan: (file: LabelledFile) => readonly Found[]): Rates {
  const missed: Label[] = [];
  const wrong: string[] = [];
  let secrets = 0;
  for (const file of files) {
    const left = [...scan(file)];
    secrets += file.secrets.length;
    for (const label of file.secrets) {
      const at = left.findIndex(({ value }) => isOf(value, label));
      if (at >= 0) left.splice(at, 1);
      else missed.push(label);
    }
    wrong.push(...left.map(({ place }) => place));
  }
  const found = secrets - missed.length;
  return { recall: found / secrets, precision: found / (found + wrong.length), secrets, missed, wrong };
}

/** The part of the set that was made after what public repositories hold, and not beside the rules. */
export const isFromPublic = ({ file }: LabelledFile): boolean => file === "found-in-public.yaml";

/** Ours, of what is shown when nothing else is asked for, and of what Secrets hold; of the files that are meant. */
export function ownRates(seeds: readonly string[], isMeant: (file: LabelledFile) => boolean = () => true): Rates {
  // The values themselves instead of fingerprints, to know them again.
  const options = { includeSecrets: true, fingerprint: (value: string) => value };
  const placed = ({ fingerprint, rule, path }: Finding): Found => ({ value: fingerprint, place: `${rule} ${path}` });
  return ratesOf(seeds.flatMap((seed) => labelledSet(seed)).filter(isMeant), ({ file, text }) =>
    scanText(file, text, options)
      .filter(({ confidence }) => isAtLeast(confidence, "medium"))
      .map(placed),
  );
}

/** Whether a text that was found is a label's value, or what holds it, as the head of Basic authentication. */
function isOf(found: string, { value }: Label): boolean {
  const bare = (text: string) => text.replace(/\\n|\s/g, "");
  const held = ["deploy", "robot"].map((user) => Buffer.from(`${user}:${value}`).toString("base64"));
  return bare(found) === bare(value) || held.includes(found);
}
