import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import {
  type AnsweredLine,
  readLines,
  recordedCommands,
  runOpaBinary,
  runSallyport,
  World,
  writeLines,
} from "../packages/cli/src/opa/command-lines.fixture.ts";

/**
 * Records what a real OPA answers to command lines, for the test of the drop-in promise:
 *
 *     SALLYPORT_OPA=opa node --conditions=source scripts/record-command-lines.ts COMMAND [LINES]
 *
 * LINES is a file with one line each: what follows `opa`, and behind ` # ` why Sallyport differs, where it does. Without it those that
 * are recorded are asked anew. Lines that OPA answers differently each time are left out, and so are those that differ without a reason.
 */
const [command = "", file] = process.argv.slice(2);
const opa = new World(runOpaBinary(process.env["SALLYPORT_OPA"] || "opa"));
const sallyport = new World(runSallyport);

/** OPA's order is sometimes that of Go's maps; so often it must be the same. */
const rounds = 3;

const before = recordedCommands().includes(command) ? readLines(command) : [];
const wanted = new Map(before.map(({ line, differs }) => [line, differs]));
for (const row of file === undefined ? [] : readFileSync(file, "utf8").split("\n")) {
  const [line = "", reason] = row.split(" # ");
  if (line !== "" && !line.startsWith("# ")) wanted.set(line, reason);
}

const recorded: AnsweredLine[] = [];
for (const [line, reason] of wanted) {
  const answer = await opa.answer(line);
  let isStable = true;
  for (let i = 1; i < rounds; i++) isStable &&= isDeepStrictEqual(answer, await opa.answer(line));
  const isSame = isDeepStrictEqual(answer, await sallyport.answer(line));
  if (!isStable) console.log(`not always the same: ${line}`);
  else if (isSame) recorded.push({ line, ...answer });
  else if (reason === undefined) console.log(`differs: ${line}`);
  else recorded.push({ line, differs: reason, ...answer });
}
opa.close();
sallyport.close();
writeLines(command, recorded);
console.log(`${recorded.length} of ${wanted.size} recorded`);
