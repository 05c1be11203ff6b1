import assert from "node:assert/strict";
import { test } from "node:test";
import { type Finding, isAtLeast } from "./finding.ts";
import { type Label, type LabelledFile, labelledSet } from "./labelled-set.fixture.ts";
import { scanText } from "./scan.ts";

/** What the labelled set gives, with values of several seeds; below these something was broken. */
const floors = { recall: 0.96, precision: 0.99 };

interface Rates {
  readonly found: number;
  readonly missed: readonly Label[];
  readonly wrong: readonly Finding[];
}

/** Whether a finding is of a label: its value, or what holds it, as the head of Basic authentication. */
function isOf({ fingerprint }: Finding, { value }: Label): boolean {
  const bare = (text: string) => text.replace(/\\n|\s/g, "");
  const held = ["deploy", "robot"].map((user) => Buffer.from(`${user}:${value}`).toString("base64"));
  return bare(fingerprint) === bare(value) || held.includes(fingerprint);
}

function ratesOf({ file, text, secrets }: LabelledFile): Rates {
  // The values themselves instead of fingerprints, to know them again.
  const options = { includeSecrets: true, fingerprint: (value: string) => value };
  const left = scanText(file, text, options).filter(({ confidence }) => isAtLeast(confidence, "medium"));
  const missed = secrets.filter((label) => {
    const at = left.findIndex((each) => isOf(each, label));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return { found: secrets.length - missed.length, missed, wrong: left };
}

test("scan: the labelled set has 150 secrets of 25 kinds, and 150 values that are none", () => {
  const files = labelledSet("counts");
  const secrets = files.flatMap((each) => each.secrets);
  assert.ok(secrets.length >= 150, `${secrets.length} secrets`);
  assert.ok(new Set(secrets.map(({ kind }) => kind)).size >= 25);
  const baits = files.reduce((sum, each) => sum + each.baits, 0);
  assert.ok(baits >= 150, `${baits} values that are none`);
});

test("scan: recall and precision on the labelled set", (context) => {
  const rates = ["1", "2", "3", "4"].flatMap((seed) => labelledSet(seed).map(ratesOf));
  const found = rates.reduce((sum, each) => sum + each.found, 0);
  const missed = rates.flatMap((each) => each.missed);
  const wrong = rates.flatMap((each) => each.wrong);
  const recall = found / (found + missed.length);
  const precision = found / (found + wrong.length);
  const told = `recall ${recall.toFixed(3)}, precision ${precision.toFixed(3)}, of ${found + missed.length} secrets`;
  context.diagnostic(told);
  const kinds = [...new Set(missed.map(({ kind, line }) => `${kind} at line ${line}`))].join(", ");
  assert.ok(recall >= floors.recall, `${told}; missed: ${kinds}`);
  assert.ok(
    precision >= floors.precision,
    `${told}; wrong: ${wrong.map(({ rule, path }) => `${rule} ${path}`).join(", ")}`,
  );
});

test("scan: what is told of the labelled set holds no secret of it", () => {
  for (const { file, text, secrets } of labelledSet("masked")) {
    const told = JSON.stringify(scanText(file, text, { includeSecrets: true, fingerprint: () => "0" }));
    for (const { kind, value } of secrets) {
      // Of a key in PEM, its first line may be told.
      const part = value.startsWith("-----") ? value.slice(40, 60) : value.slice(0, 12);
      assert.ok(!told.includes(part), `${file}: ${kind}`);
    }
  }
});
