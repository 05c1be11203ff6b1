import assert from "node:assert/strict";
import { test } from "node:test";
import { DerReader, rightAligned } from "./der.ts";

function reader(hex: string): DerReader {
  return new DerReader(Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
}

// X.690 with the strictness of its section 10.
const cases: readonly [name: string, hex: string, read: (reader: DerReader) => unknown, answer: unknown][] = [
  ["integer 0", "020100", (r) => r.integer("bad"), 0n],
  ["integer -1", "0201ff", (r) => r.integer("bad"), -1n],
  ["integer 128", "02020080", (r) => r.integer("bad"), 128n],
  ["integer -129", "0202ff7f", (r) => r.integer("bad"), -129n],
  ["integer too long", "02020001", (r) => r.integer("bad"), "bad"],
  ["negative integer too long", "0202ff80", (r) => r.integer("bad"), "bad"],
  ["integer without bytes", "0200", (r) => r.integer("bad"), "bad"],
  ["integer beyond 64 bits", "0209010000000000000000", (r) => r.int64("bad"), "bad"],
  ["cut off", "020201", (r) => r.integer("bad"), "bad"],
  ["long length for a short one", "02810100", (r) => r.integer("bad"), "bad"],
  ["indefinite length", "3080", (r) => r.inside(0x30, "bad"), "bad"],
  ["tag above 30", "1f0100", (r) => r.any("bad"), "bad"],
  ["true", "0101ff", (r) => r.boolean("bad"), true],
  ["a boolean that is neither", "010101", (r) => r.boolean("bad"), "bad"],
  ["object identifier", "06092a864886f70d01010b", (r) => r.objectIdentifier("bad"), "1.2.840.113549.1.1.11"],
  ["object identifier under 2", "0603883703", (r) => r.objectIdentifier("bad"), "2.999.3"],
  ["object identifier with a padded part", "06032a8001", (r) => r.objectIdentifier("bad"), "bad"],
  ["object identifier cut off", "06022a86", (r) => r.objectIdentifier("bad"), "bad"],
  ["bits", "030204f0", (r) => [...rightAligned(r.bitString("bad"))], [0x0f]],
  ["bits set that are unused", "030204ff", (r) => r.bitString("bad"), "bad"],
  ["bits without a count", "0300", (r) => r.bitString("bad"), "bad"],
  ["UTCTime", "170d3236313132343132353833345a", (r) => r.time().text, "2026-11-24T12:58:34Z"],
  ["UTCTime of the last century", "170d3530303130313030303030305a", (r) => r.time().text, "1950-01-01T00:00:00Z"],
  ["UTCTime without seconds", "170b323631313234313235385a", (r) => r.time().text, "2026-11-24T12:58:00Z"],
  ["UTCTime in a zone", "1711" + "3236313132343132353833342b30313030", (r) => r.time().seconds, 1795521514],
  ["a day that is none", "170d3236303233303132353833345a", (r) => r.time(), "x509: malformed UTCTime"],
  ["GeneralizedTime", "180f32303530303130313030303030305a", (r) => r.time().text, "2050-01-01T00:00:00Z"],
  ["no time", "020100", (r) => r.time(), "x509: unsupported time format"],
];

for (const [name, hex, read, answer] of cases) {
  test(name, () => {
    const attempt = (): unknown => {
      try {
        return read(reader(hex));
      } catch (error) {
        return (error as Error).message;
      }
    };
    assert.deepEqual(attempt(), answer);
  });
}
