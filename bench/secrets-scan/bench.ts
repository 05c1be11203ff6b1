import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { isFromPublic, ownRates, type Rates, ratesOf } from "../../packages/secrets/src/scan/labelled-rates.fixture.ts";
import { type LabelledFile, labelledSet } from "../../packages/secrets/src/scan/labelled-set.fixture.ts";
import { scanText } from "../../packages/secrets/src/scan/scan.ts";

export interface ScanReport {
  readonly own: Rates;
  /** Of the part that was made after what public repositories hold. */
  readonly ofPublic: Rates;
  /** Megabytes of manifests in a second of the processor's. */
  readonly megabytesPerCoreSecond: number;
  /** gitleaks' of the same files; undefined where there is none. */
  readonly peer: Rates | undefined;
}

const seeds = ["1", "2", "3", "4", "5", "6", "7", "8"];

/** Rates and speed of `secrets scan` on its labelled set, beside gitleaks' (`SALLYPORT_GITLEAKS`). */
export function run(progress: (text: string) => void): ScanReport {
  progress("our rates");
  const own = ownRates(seeds);
  const ofPublic = ownRates(seeds, isFromPublic);
  const megabytesPerCoreSecond = speed();
  const gitleaks = process.env["SALLYPORT_GITLEAKS"];
  progress(gitleaks === undefined ? "no gitleaks: SALLYPORT_GITLEAKS names one" : "gitleaks' rates");
  return { own, ofPublic, megabytesPerCoreSecond, peer: gitleaks === undefined ? undefined : peerRates(gitleaks) };
}

function speed(): number {
  const files = seeds.flatMap((seed) => labelledSet(`speed ${seed}`));
  const before = process.cpuUsage();
  for (const { file, text } of files) scanText(file, text, { fingerprint: () => "" });
  const bytes = files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const { user, system } = process.cpuUsage(before);
  return bytes / (user + system);
}

interface Leak {
  readonly File: string;
  readonly Secret: string;
  readonly RuleID: string;
}

function peerRates(gitleaks: string): Rates {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-scan-bench-"));
  try {
    return ratesOf(
      seeds.flatMap((seed) => labelledSet(seed)),
      (file) => leaksOf(gitleaks, folder, file),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function leaksOf(gitleaks: string, folder: string, { file, text }: LabelledFile) {
  const [path, report] = [join(folder, basename(file)), join(folder, "report.json")];
  writeFileSync(path, text);
  const flags = ["--no-banner", "--exit-code", "0", "--max-decode-depth", "2", "--report-format", "json"];
  const { status, stderr } = spawnSync(gitleaks, ["dir", ...flags, "--report-path", report, path], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`gitleaks ended with ${status}: ${stderr}`);
  const leaks = JSON.parse(readFileSync(report, "utf8")) as readonly Leak[];
  return leaks.map(({ Secret, RuleID, File }) => ({ value: Secret, place: `${RuleID} ${basename(File)}` }));
}
