import assert from "node:assert/strict";
import { test } from "node:test";
import { summedMetrics } from "./summed-metrics.ts";

const head = (name: string) => `# HELP ${name} Of ${name}.\n# TYPE ${name} counter\n`;

const cases: readonly (readonly [name: string, texts: readonly string[], expected: string])[] = [
  ["of nobody", [], ""],
  ["of one", [`${head("a")}a 1\n`], `${head("a")}a 1\n`],
  [
    "of two, by their labels",
    [`${head("a")}a{b="c d"} 1\n`, `${head("a")}a{b="c d"} 2\na{b="e"} 5\n`],
    `${head("a")}a{b="c d"} 3\na{b="e"} 5\n`,
  ],
  [
    "that one has alone",
    [`${head("a")}a 1\n`, `${head("b")}b 2\n${head("a")}a 3\n`],
    `${head("a")}a 4\n${head("b")}b 2\n`,
  ],
  [
    "of which some come late stay together",
    [`${head("a")}a{x="1"} 1\n${head("b")}b 1\n`, `${head("a")}a{x="2"} 1\n`],
    `${head("a")}a{x="1"} 1\na{x="2"} 1\n${head("b")}b 1\n`,
  ],
  [
    "of certificates: the first that ends",
    [30, 20].map(
      (ends) =>
        `${head("sallyport_mesh_certificate_expiry_seconds")}sallyport_mesh_certificate_expiry_seconds ${ends}\n`,
    ),
    `${head("sallyport_mesh_certificate_expiry_seconds")}sallyport_mesh_certificate_expiry_seconds 20\n`,
  ],
];

for (const [name, texts, expected] of cases)
  test(`metrics ${name}`, () => assert.equal(summedMetrics(texts), expected));
