import { type Fact, factText } from "./facts.ts";
import { type Acts, groupRights, type Right, rightsOf } from "./rights.ts";
import { ways } from "./ways/all.ts";
import { subjectsOf } from "./ways/known-identities.ts";
import type { Inference, Scene, Way } from "./ways/way.ts";
import { type Identity, identityText, type Question, type World } from "./world.ts";
import { indexOf, type WorldIndex } from "./world-index.ts";

/** How a fact came to be held, first of all: of the facts it needs each was held before. */
export interface Derivation extends Inference {
  /** The way's name. */
  readonly way: string;
  /** `factText`s. */
  readonly from: readonly string[];
}

/** What one subject may get at, until it has what was asked for. */
export interface Closure {
  readonly facts: ReadonlyMap<string, Fact>;
  readonly derivations: ReadonlyMap<string, Derivation>;
  readonly isReached: boolean;
  /** There were more facts than are looked at. */
  readonly isCut: boolean;
}

/** Whoever holds so much is told of as one who was not looked at to the end: a cluster has fewer pods, accounts and roles. */
const maxFacts = 100_000;

/** Searches one world for one question; what it finds out about rights it keeps for the next subject. */
export class Searcher {
  readonly #world: World;
  readonly #question: Question;
  readonly #isReading: boolean;
  readonly #acts: Acts;
  readonly #index: WorldIndex;
  /** By the text of a subject of bindings. */
  readonly #granted: ReadonlyMap<string, World["grants"]>;
  readonly #rights = new Map<string, readonly Right[]>();

  constructor(world: World, question: Question) {
    this.#world = world;
    this.#question = question;
    this.#isReading = isReading(question);
    this.#acts = actsFor(question);
    this.#index = indexOf(world, this.#acts);
    this.#granted = Map.groupBy(world.grants, ({ subject }) => subjectsOf(subject)[0] as string);
  }

  /** Everything that follows, each thing by as few steps as can be. `isTaken` are rights that count no more. */
  search(start: Identity, isTaken: (right: Right) => boolean = () => false): Closure {
    const state = new State({ kind: "identity", identity: start });
    let isCut = false;
    for (let fresh: readonly Fact[] = [...state.facts.values()]; fresh.length > 0 && !state.isReached; ) {
      fresh = state.add(this.#inferences(state, fresh, isTaken));
      isCut = state.facts.size > maxFacts;
      if (isCut) break;
    }
    return { facts: state.facts, derivations: state.derivations, isReached: state.isReached, isCut };
  }

  *#inferences(state: State, fresh: readonly Fact[], isTaken: (right: Right) => boolean): Generator<Derivation> {
    const scene: Scene = {
      world: this.#world,
      index: this.#index,
      question: this.#question,
      isReading: this.#isReading,
      held: state.facts,
    };
    for (const fact of fresh)
      for (const way of ways)
        for (const each of way.ofFact?.(fact, scene) ?? [])
          yield { ...each, way: way.name, from: [factText(fact), ...(each.with ?? [])] };
    const obtained = state.obtain(fresh, this.#acts, isTaken);
    const own = (identity: Identity) => this.#rightsOf(identity).filter((right) => !isTaken(right));
    for (const fact of fresh)
      if (fact.kind === "identity") yield* ofIdentity(ways, fact, own(fact.identity), scene, state.obtained);
    yield* this.#again(state, fresh, obtained, scene, own);
  }

  /** What more comes of who is held already: by new rights, which count for all, and by new facts. */
  *#again(
    state: State,
    fresh: readonly Fact[],
    obtained: readonly Right[],
    scene: Scene,
    own: (identity: Identity) => readonly Right[],
  ): Generator<Derivation> {
    if (!fresh.some(({ kind }) => kind === "binding" || kind === "everything" || kind === "role" || kind === "request"))
      return;
    for (const fact of state.facts.values()) {
      if (fact.kind !== "identity") continue;
      const rights = own(fact.identity);
      const isConcerned = fact === state.start || rights.some(({ act }) => jointActs.has(act));
      if (isConcerned) yield* ofIdentity(jointWays, fact, rights, scene, state.obtained);
    }
    // By themselves new rights bring the same to all.
    yield* ofIdentity(singleWays, state.start, obtained, scene, state.obtained);
  }

  /** Its own, and those of the groups that it is in by what it is. */
  #rightsOf(identity: Identity): readonly Right[] {
    const key = identityText(identity);
    const known = this.#rights.get(key);
    if (known !== undefined) return known;
    const grants = subjectsOf(identity).flatMap((subject) => this.#granted.get(subject) ?? []);
    const rights = rightsOf(grants, this.#acts);
    this.#rights.set(key, rights);
    return rights;
  }
}

type IdentityFact = Fact & { readonly kind: "identity" };

const singleWays = ways.filter(({ isJoint }) => isJoint !== true);
const jointWays = ways.filter(({ isJoint }) => isJoint === true);
const jointActs: ReadonlySet<string> = new Set([...jointWays.flatMap(({ acts }) => Object.keys(acts)), "read"]);

function* ofIdentity(
  some: readonly Way[],
  fact: IdentityFact,
  own: readonly Right[],
  scene: Scene,
  obtained: ReadonlyMap<Right, string>,
): Generator<Derivation> {
  const alone = groupRights(own);
  const together = obtained.size === 0 ? alone : groupRights([...own, ...obtained.keys()]);
  for (const way of some)
    for (const each of way.ofIdentity?.(fact.identity, way.isJoint === true ? together : alone, scene) ?? []) {
      const through = each.by.flatMap((right) => obtained.get(right) ?? []);
      yield { ...each, way: way.name, from: [...new Set([factText(fact), ...(each.with ?? []), ...through])] };
    }
}

/** Facts in the order in which they came to be held. */
class State {
  readonly start: IdentityFact;
  readonly facts = new Map<string, Fact>();
  readonly derivations = new Map<string, Derivation>();
  /** Rights of the bindings that were made on the way, and by which fact. */
  readonly obtained = new Map<Right, string>();

  constructor(start: IdentityFact) {
    this.start = start;
    this.facts.set(factText(start), start);
  }

  get isReached(): boolean {
    return this.derivations.has(factText({ kind: "goal" }));
  }

  /** Those that are new. All are looked at before one is added: each round is a step. */
  add(inferences: Iterable<Derivation>): readonly Fact[] {
    const added = new Map<string, Derivation>();
    for (const each of inferences) {
      const key = factText(each.to);
      if (!this.facts.has(key) && !added.has(key)) added.set(key, each);
    }
    for (const [key, each] of added) {
      this.facts.set(key, each.to);
      this.derivations.set(key, each);
    }
    return [...added.values()].map(({ to }) => to);
  }

  /** Notes the rights of new bindings, and answers them. */
  obtain(fresh: readonly Fact[], acts: Acts, isTaken: (right: Right) => boolean): readonly Right[] {
    const all: Right[] = [];
    for (const fact of fresh)
      if (fact.kind === "binding" || fact.kind === "everything")
        for (const right of rightsOf(fact.grants, acts))
          if (!isTaken(right)) {
            this.obtained.set(right, factText(fact));
            all.push(right);
          }
    return all;
  }
}

/** Whether it is the value of a secret that is asked about. */
export function isReading({ verb, group, resource }: Question): boolean {
  return group === "" && resource === "secrets" && (verb === "get" || verb === "list" || verb === "watch");
}

function actsFor({ verb, group, resource, namespace }: Question): Acts {
  const asked = { asked: [{ verbs: [verb], group, resource, isClusterWide: namespace === "" }] };
  return Object.assign(asked, ...ways.map(({ acts }) => acts));
}
