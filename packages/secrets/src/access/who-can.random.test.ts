import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Attacker, userOf } from "./brute-force.fixture.ts";
import { edited } from "./edited.fixture.ts";
import { randomWorld } from "./random-world.fixture.ts";
import { subjectsOfWorld, whoCan } from "./who-can.ts";
import { objectsOf, readingOf } from "./world.fixture.ts";
import { identityText, type WorldObject } from "./world.ts";
import { worldOf } from "./world-of.ts";

const numRuns = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 100);
const questions = fc.constantFrom("prod/db", "prod/db", "prod/").map(readingOf);

test("who-can: finds whom an attacker finds who tries everything", () => {
  let reached = 0;
  let indirect = 0;
  fc.assert(
    fc.property(randomWorld, questions, (text, question) => {
      const objects = objectsOf(text);
      const world = worldOf(objects);
      const { subjects } = whoCan(world, question, { paths: 1 });
      const found = new Map(subjects.map((each) => [identityText(each.subject), each]));
      for (const subject of subjectsOfWorld(world)) {
        const isReached = new Attacker(objects, question).reaches(subject);
        assert.equal(found.has(identityText(subject)), isReached, identityText(subject));
        if (isReached) reached++;
        if ((found.get(identityText(subject))?.paths[0]?.steps.length ?? 0) > 1) indirect++;
      }
    }),
    { numRuns },
  );
  assert.ok(
    reached > numRuns && indirect > numRuns / 2,
    `${reached} reached, ${indirect} of them by more than one step`,
  );
});

test("who-can: whoever reads by one step is whom the authorizer lets read", () => {
  const verbs = ["get", "list", "watch", "patch"];
  fc.assert(
    fc.property(randomWorld, (text) => {
      const objects = objectsOf(text);
      const world = worldOf(objects);
      const question = readingOf("prod/db");
      const { subjects } = whoCan(world, question, { paths: 1 });
      const direct = subjects.filter(({ paths }) => ["reading", "masters"].includes(paths[0]?.steps[0]?.way ?? ""));
      const attacker = new Attacker(objects, question);
      const allowed = subjectsOfWorld(world).filter(
        (each) =>
          verbs.some((verb) => attacker.may(userOf(each), verb, "secrets", "prod", "db")) ||
          attacker.may(userOf(each), "deletecollection", "secrets", "prod", ""),
      );
      const texts = direct
        .filter(({ paths }) => paths[0]?.steps.length === 1)
        .map(({ subject }) => identityText(subject));
      assert.deepEqual(texts.sort(), allowed.map(identityText).sort());
    }),
    { numRuns },
  );
});

test("who-can: with all edits of a subject done, it comes to nothing", () => {
  let cut = 0;
  fc.assert(
    fc.property(randomWorld, questions, (text, question) => {
      const objects = objectsOf(text);
      for (const { subject, paths, hasMore } of whoCan(worldOf(objects), question, { paths: 30 }).subjects) {
        const edits = paths.flatMap(({ edit }) => edit ?? []);
        if (edits.length < paths.length || hasMore) continue;
        const left: readonly WorldObject[] = edited(objects, edits);
        assert.equal(new Attacker(left, question).reaches(subject), false, identityText(subject));
        cut++;
      }
    }),
    { numRuns },
  );
  assert.ok(cut > numRuns / 2, `${cut} subjects were cut off`);
});
