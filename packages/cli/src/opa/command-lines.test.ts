import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { readLines, recordedCommands, runOpaBinary, runSallyport, World } from "./command-lines.fixture.ts";

/** OPA is asked so often for an answer as recorded: some of its orders are those of Go's maps, and change from run to run. */
const rounds = 40;

/** A real OPA of the version that was recorded, to be asked anew. */
const opa = process.env["SALLYPORT_OPA"] || undefined;

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
      for (const { differs: _, line, ...recorded } of readLines(command)) {
        let answer = await world.answer(line);
        for (let again = 1; again < rounds && !isDeepStrictEqual(answer, recorded); again++)
          answer = await world.answer(line);
        assert.deepEqual({ line, ...answer }, { line, ...recorded });
      }
      world.close();
    });
});
