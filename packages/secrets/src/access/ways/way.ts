import type { Fact } from "../facts.ts";
import type { Acts, Right, Rights } from "../rights.ts";
import type { Identity, Question, World } from "../world.ts";
import type { WorldIndex } from "../world-index.ts";

/** One more thing that is had, and why. */
export interface Inference {
  readonly to: Fact;
  /** The rules that are needed, the first one first; none where no authorizer is asked. */
  readonly by: readonly Right[];
  /** Other facts that are needed, beside the one that the way begins at: `factText`s. */
  readonly with?: readonly string[];
  /** In plain words, as it goes on from `it`: `creates a pod in prod`. */
  readonly text: string;
  /** What must be so, beside the rules: `before Kubernetes 1.35`. */
  readonly when?: string;
}

/** What a way may look at. */
export interface Scene {
  readonly world: World;
  readonly index: WorldIndex;
  readonly question: Question;
  /** Whether what was asked for is the value of a secret. */
  readonly isReading: boolean;
  /** Facts that are held already, by their `factText`. */
  readonly held: ReadonlyMap<string, Fact>;
}

/** A way by which somebody gets further. What is listed in `ways/all.ts` is all there are. */
export interface Way {
  readonly name: string;
  /** What it asks rules for. Names of acts are the same in all ways. */
  readonly acts: Acts;
  /** It may need several rights at once, or other facts: who has got more of them is asked again. */
  readonly isJoint?: true;
  /** What an identity gets by its rights, and those of the bindings it has made. */
  readonly ofIdentity?: (identity: Identity, rights: Rights, scene: Scene) => Iterable<Inference>;
  /** What follows from any other fact alone. */
  readonly ofFact?: (fact: Fact, scene: Scene) => Iterable<Inference>;
}

/** The rights of an act; none where nobody has asked. */
export function rightsTo(rights: Rights, act: string): readonly Right[] {
  return rights[act] ?? [];
}
