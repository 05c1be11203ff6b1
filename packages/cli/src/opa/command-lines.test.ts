import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readLines, recordedCommands, runOpaBinary, runSallyport, World } from "./command-lines.fixture.ts";

/** A real OPA of the version that was recorded, to be asked anew. */
const opa = process.env["SALLYPORT_OPA"];

describe("command lines of opa", () => {
  for (const command of recordedCommands())
    it(`has OPA's answers of ${command}`, async () => {
      const world = new World(runSallyport);
      for (const { differs, line, ...recorded } of readLines(command)) {
        const ours = await world.answer(line);
        if (differs === undefined) assert.deepEqual({ line, ...ours }, { line, ...recorded });
        else assert.notDeepEqual(ours, recorded, `${line} does not differ any more`);
      }
      world.close();
    });

  for (const command of opa === undefined ? [] : recordedCommands())
    it(`has recorded what OPA answers of ${command}`, async () => {
      const world = new World(runOpaBinary(opa as string));
      for (const { differs: _, ...recorded } of readLines(command))
        assert.deepEqual({ line: recorded.line, ...(await world.answer(recorded.line)) }, recorded);
      world.close();
    });
});
