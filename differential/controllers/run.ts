import { diffObjects } from "@sallyport/kube";
import { createRequest } from "../../packages/apiserver/src/certificates/request.fixture.ts";
import { valueAt } from "../apiserver/api-client.ts";
import type { Peer } from "../apiserver/peers.ts";
import { Actor } from "./actor.ts";
import type { Act, Scenario } from "./scenario.ts";
import { Masks, type Snapshot } from "./snapshot.ts";

/** One place of one object that is not the same after an act. */
export interface Difference {
  readonly scenario: string;
  /** Which act, from 1; 0 is the namespace itself. */
  readonly act: number;
  readonly did: string;
  /** `KIND NAME` and a JSON pointer; the pointer is empty where only one has the object. */
  readonly object: string;
  readonly path: string;
  readonly theirs: unknown;
  readonly ours: unknown;
}

/** So many scenarios are under way at once: most of the time goes by in waiting. */
const lanes = 6;

/** Plays each scenario at both servers, and compares all objects after each act. What differed once is told once. */
export async function compareControllers(
  theirs: Peer,
  ours: Peer,
  scenarios: readonly Scenario[],
  onDone: (scenario: string, differences: readonly Difference[]) => void,
): Promise<void> {
  const left = scenarios.map((scenario, i) => ({ scenario, namespace: `s${i}` }));
  const lane = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      onDone(next.scenario.name, await compareScenario(theirs, ours, next.scenario, next.namespace));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function compareScenario(
  theirs: Peer,
  ours: Peer,
  scenario: Scenario,
  namespace: string,
): Promise<readonly Difference[]> {
  const texts = await requests();
  const actors = [theirs, ours].map((peer) => new Actor(peer, namespace, texts));
  const masks = [new Masks(), new Masks()];
  const found = new Map<string, Difference>();
  const look = async (act: number, did: string) => {
    const [their, our] = (await Promise.all(actors.map((each) => each.objects()))).map((each, i) =>
      (masks[i] as Masks).snapshotOf(each),
    );
    for (const each of differencesOf(their as Snapshot, our as Snapshot)) {
      const key = `${each.object} ${each.path} ${JSON.stringify([each.theirs, each.ours])}`;
      if (!found.has(key)) found.set(key, { scenario: scenario.name, act, did, ...each });
    }
  };
  try {
    await Promise.all(actors.map((each) => each.begin()));
    await look(0, "begin");
    for (const [i, act] of scenario.acts.entries()) {
      const [their, our] = await Promise.all(actors.map((each) => each.play(act)));
      const did = textOf(act);
      if (their !== our)
        found.set(did, {
          scenario: scenario.name,
          act: i + 1,
          did,
          object: "answer",
          path: "",
          theirs: their,
          ours: our,
        });
      await look(i + 1, did);
    }
  } finally {
    for (const each of actors) each.close();
  }
  return [...found.values()];
}

/** Requests for certificates, by how acts name them. */
async function requests(): Promise<{ readonly [text: string]: string }> {
  return {
    "(csr)": await createRequest("O=system:nodes, CN=system:node:n1", [{ type: "dns", value: "n1" }]),
    "(client csr)": await createRequest("O=devs, CN=jane"),
    "(node csr)": await createRequest("O=system:nodes, CN=system:node:n1"),
  };
}

function textOf({ quiet: _, ...act }: Act): string {
  return JSON.stringify(act);
}

type Place = Pick<Difference, "object" | "path" | "theirs" | "ours">;

function differencesOf(theirs: Snapshot, ours: Snapshot): readonly Place[] {
  return [...new Set([...theirs.keys(), ...ours.keys()])].flatMap((object) => {
    const [their, our] = [theirs.get(object), ours.get(object)];
    if (their === undefined || our === undefined) return [{ object, path: "", theirs: their, ours: our }];
    return diffObjects(their, our).map(({ path }) => ({
      object,
      path,
      theirs: valueAt(their, path),
      ours: valueAt(our, path),
    }));
  });
}
