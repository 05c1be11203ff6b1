import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { accessScenarios, configuredScenarios } from "./access.ts";
import { createAccessWorld } from "./access-world.ts";
import { customObjects } from "./custom-objects.ts";
import { faultyDefinitions } from "./faulty-definitions.ts";
import { reportOf } from "./report.ts";
import { compareScenarios, type Scenario } from "./run.ts";

function namesOf(scenarios: readonly Scenario[]): readonly string[] {
  return scenarios.map(({ name }) => name);
}

test("scenarios have names of their own, and something to ask", async () => {
  const world = await createAccessWorld();
  try {
    for (const list of [[...faultyDefinitions, ...customObjects], accessScenarios(world), configuredScenarios(world)]) {
      deepEqual(namesOf(list), [...new Set(namesOf(list))]);
      ok(list.every(({ steps }) => steps.length > 0));
    }
    // Whoever has no certificate of this name would be asked as the administrator.
    const pairs = Object.values(world.certificates);
    const shown = accessScenarios(world).flatMap(({ steps }) => steps.filter((step) => "certificate" in step));
    ok(shown.length > 0 && shown.every(({ certificate }) => pairs.some((pair) => pair === certificate)));
  } finally {
    world.close();
  }
});

test("an answer that differs is told with its place, one that is waited for when it is there", async () => {
  const flows = { code: 200, headers: {}, warnings: [], body: { items: [] } };
  let asked = 0;
  const peer = (name: string) => ({
    client: {
      ask: async ({ path }: { readonly path: string }) => {
        if (path.startsWith("/apis/flowcontrol")) return flows;
        if (path === "/late") return { ...flows, code: asked++ < 4 ? 404 : 200, body: "late" };
        return { ...flows, body: { a: { b: name } } };
      },
    },
    close: async () => {},
  });
  const steps = [
    { method: "GET", path: "/same", only: "/a/c" },
    { method: "GET", path: "/late", until: { code: 200 } },
    { method: "GET", path: "/other" },
  ];
  const { requests, differences } = await compareScenarios(peer("x") as never, peer("y") as never, [
    { name: "s", steps },
  ]);
  deepEqual([requests, differences.map(({ paths }) => paths)], [3, [["/body/a/b"]]]);
  ok(reportOf(differences[0] as never).includes('/body/a/b sallyport:      "y"'));
});
