import type { Edit } from "../persistent-map.ts";
import type { Key } from "./key.ts";
import {
  anyType,
  compareTypes,
  either,
  type ObjectType,
  objectOf,
  type Property,
  stringType,
  type Type,
  typeOfKey,
} from "./type.ts";

/** A type that rules give to their place, and how many do. */
interface Given {
  readonly type: Type;
  readonly count: number;
}

/**
 * A place in the tree of types: what rules give to it, and places below. A change copies the places on its way, those that it has made
 * itself excepted; all others are shared with the tree before.
 */
export class TypeNode {
  readonly #edit: Edit | undefined;
  #given: readonly Given[];
  readonly #children: Map<Key, TypeNode>;
  #type: { readonly value: Type | undefined } | undefined;
  #extent: { readonly value: Type | undefined } | undefined;

  constructor(given: readonly Given[] = [], children: Map<Key, TypeNode> = new Map(), edit?: Edit) {
    this.#given = given;
    this.#children = children;
    this.#edit = edit;
  }

  get children(): ReadonlyMap<Key, TypeNode> {
    return this.#children;
  }

  /** Nothing is known of it yet: it may be anything. */
  get isEmpty(): boolean {
    return this.#given.length === 0 && this.#children.size === 0;
  }

  get hasType(): boolean {
    return this.#given.length > 0;
  }

  /**
   * What the rules of this place give, joined. An object whose keys are found at run time holds what rules give below it: these are keys
   * like others.
   */
  get type(): Type | undefined {
    this.#type ??= { value: this.#joined() };
    return this.#type.value;
  }

  /** The type of all that lies at and below the place. Base documents may lie beside rules. */
  get extent(): Type | undefined {
    if (this.hasType) return this.type;
    this.#extent ??= { value: objectOf(this.#properties(), { key: stringType, value: anyType }) };
    return this.#extent.value;
  }

  /** The place that an edit may change. */
  own(edit: Edit): TypeNode {
    return this.#edit === edit ? this : new TypeNode(this.#given, new Map(this.#children), edit);
  }

  /** One rule more (or with -1 one less) gives a type to a path. To be called on places that the edit owns. */
  give(path: readonly Key[], type: Type, by: 1 | -1, edit: Edit): void {
    this.#type = undefined;
    this.#extent = undefined;
    const [key, ...rest] = path;
    if (key === undefined) {
      this.#given = given(this.#given, type, by);
      return;
    }
    const child = (this.#children.get(key) ?? new TypeNode()).own(edit);
    child.give(rest, type, by, edit);
    if (child.isEmpty) this.#children.delete(key);
    else this.#children.set(key, child);
  }

  /** True when the same is given to the place itself. */
  hasSameType(other: TypeNode): boolean {
    return (
      this.#given.length === other.#given.length &&
      this.#given.every(({ type }, i) => compareTypes(type, other.#given[i]?.type) === 0)
    );
  }

  /** True when the same is given to the place and to all below. */
  isSame(other: TypeNode): boolean {
    if (this === other) return true;
    if (!this.hasSameType(other) || this.#children.size !== other.#children.size) return false;
    for (const [key, child] of this.#children) {
      const same = other.#children.get(key);
      if (same === undefined || !child.isSame(same)) return false;
    }
    return true;
  }

  #joined(): Type | undefined {
    const type = this.#given.reduce<Type | undefined>((joined, each) => mergeTypes(joined, each.type), undefined);
    if (type?.kind !== "object") return type;
    return leavesBelow(this).reduce((object, leaf) => withMember(object, leaf.path, leaf.type), type);
  }

  #properties(): readonly Property[] {
    return [...this.#children].map(([key, child]) => ({ key, value: child.extent }));
  }
}

/** Types in their order, each once. */
function given(all: readonly Given[], type: Type, by: 1 | -1): readonly Given[] {
  const at = all.findIndex((each) => compareTypes(each.type, type) >= 0);
  const known = all[at];
  if (known === undefined || compareTypes(known.type, type) !== 0)
    return all.toSpliced(at < 0 ? all.length : at, 0, { type, count: by });
  const count = known.count + by;
  return count === 0 ? all.toSpliced(at, 1) : all.toSpliced(at, 1, { type: known.type, count });
}

interface Leaf {
  readonly path: readonly Key[];
  readonly type: Type;
}

function leavesBelow(node: TypeNode, path: readonly Key[] = []): readonly Leaf[] {
  return [...node.children].flatMap(([key, child]) => {
    const inner = [...path, key];
    return child.type === undefined ? leavesBelow(child, inner) : [{ path: inner, type: child.type }];
  });
}

/** An object that also has some value at a path: its key joins the dynamic ones. */
function withMember(object: ObjectType, path: readonly Key[], type: Type | undefined): ObjectType {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const member = rest.length === 0 ? type : withMember(objectOf([], undefined), rest, type);
  const { dynamic } = object;
  const keys = either(dynamic?.key, typeOfKey(key));
  return objectOf(object.static, { key: keys, value: either(dynamic?.value, member) });
}

function mergeTypes(a: Type | undefined, b: Type | undefined): Type | undefined {
  if (a?.kind === "object" && b?.kind === "object") return mergeObjects(a, b);
  return either(a, b);
}

function mergeObjects(a: ObjectType, b: ObjectType): ObjectType {
  const properties = [...a.static];
  for (const each of b.static) {
    const at = properties.findIndex(({ key }) => key === each.key);
    if (at < 0) properties.push(each);
    else properties[at] = { key: each.key, value: mergeTypes(properties[at]?.value, each.value) };
  }
  const dynamic =
    a.dynamic === undefined || b.dynamic === undefined
      ? (a.dynamic ?? b.dynamic)
      : { key: either(a.dynamic.key, b.dynamic.key), value: mergeTypes(a.dynamic.value, b.dynamic.value) };
  return objectOf(properties, dynamic);
}
