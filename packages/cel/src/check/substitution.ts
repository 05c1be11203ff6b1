import { DYN, formatType, isSameType, type Type } from "./type.ts";

/** What type parameters stand for, found while an expression is checked. */
export class Substitution {
  #found: Map<string, Type>;

  constructor(found: ReadonlyMap<string, Type> = new Map()) {
    this.#found = new Map(found);
  }

  /** Whether values of `from` may be where `to` is wanted; parameters that this settles are remembered when it is so. */
  isAssignable(to: Type, from: Type): boolean {
    return this.areAssignable([to], [from]);
  }

  areAssignable(to: readonly Type[], from: readonly Type[]): boolean {
    if (to.length !== from.length) return false;
    const before = new Map(this.#found);
    const fits = to.every((type, index) => this.#fits(type, from[index] as Type));
    if (!fits) this.#found = before;
    return fits;
  }

  /** The type with its parameters replaced; what is still free becomes dyn when asked. */
  apply(type: Type, freeToDyn: boolean): Type {
    switch (type.kind) {
      case "param": {
        const found = this.#found.get(type.name);
        if (found !== undefined) return this.apply(found, freeToDyn);
        return freeToDyn ? DYN : type;
      }
      case "list":
        return { kind: "list", element: this.apply(type.element, freeToDyn) };
      case "map":
        return { kind: "map", key: this.apply(type.key, freeToDyn), value: this.apply(type.value, freeToDyn) };
      case "opaque":
        return type.parameters.length === 0
          ? type
          : { ...type, parameters: type.parameters.map((each) => this.apply(each, freeToDyn)) };
      case "type":
        return type.of === undefined ? type : { kind: "type", of: this.apply(type.of, freeToDyn) };
      default:
        return type;
    }
  }

  #fits(a: Type, b: Type): boolean {
    if (b.kind === "param") {
      const tried = this.#substitute(a, b);
      if (tried !== "conflict") return tried === "fits";
    }
    if (a.kind === "param") return this.#substitute(b, a) === "fits";
    if (isDynamic(a) || isDynamic(b)) return true;
    if (a.kind === "null") return isNullable(b);
    if (b.kind === "null") return isNullable(a);
    if (a.kind === "wrapper" || b.kind === "wrapper") return isSameType(unwrapped(a), unwrapped(b));
    return this.#fitsKind(a, b);
  }

  #fitsKind(a: Type, b: Type): boolean {
    if (a.kind === "list") return b.kind === "list" && this.#fits(a.element, b.element);
    if (a.kind === "map") return b.kind === "map" && this.#fits(a.key, b.key) && this.#fits(a.value, b.value);
    if (a.kind === "type") return b.kind === "type";
    if (a.kind !== "opaque") return isSameType(a, b);
    if (b.kind !== "opaque" || a.name !== b.name || a.parameters.length !== b.parameters.length) return false;
    return a.parameters.every((each, index) => this.#fits(each, b.parameters[index] as Type));
  }

  /** Lets a parameter stand for a type, or asks whether what it stands for agrees with it. */
  #substitute(type: Type, param: Type & { kind: "param" }): "fits" | "differs" | "conflict" {
    if (type.kind === "param" && type.name === param.name) return "fits";
    const known = this.#found.get(param.name);
    if (known !== undefined) {
      if (isSameType(type, known)) return "fits";
      if (!this.#fits(type, known)) return "differs";
      const general = mostGeneral(type, known);
      if (!this.#mentions(general, param.name)) this.#found.set(param.name, general);
      return "fits";
    }
    if (this.#mentions(type, param.name)) return "conflict";
    this.#found.set(param.name, type);
    return "fits";
  }

  #mentions(type: Type, param: string): boolean {
    switch (type.kind) {
      case "param": {
        if (type.name === param) return true;
        const found = this.#found.get(type.name);
        return found !== undefined && this.#mentions(found, param);
      }
      case "list":
        return this.#mentions(type.element, param);
      case "map":
        return this.#mentions(type.key, param) || this.#mentions(type.value, param);
      case "opaque":
        return type.parameters.some((each) => this.#mentions(each, param));
      default:
        return false;
    }
  }
}

/** The less specific of two types that agree. */
export function mostGeneral(a: Type, b: Type): Type {
  return isLessSpecific(a, b) ? a : b;
}

function isLessSpecific(a: Type, b: Type): boolean {
  if (isDyn(a) || a.kind === "param") return true;
  if (isDyn(b) || b.kind === "param") return false;
  // What is wrong already says nothing of what stands beside it.
  if (a.kind === "error") return b.kind === "error";
  if (a.kind === "null") return b.kind === "null";
  if (b.kind === "null") return true;
  if (a.kind === "wrapper") return true;
  if (a.kind === "list" && b.kind === "list") return isLessSpecific(a.element, b.element);
  if (a.kind === "map" && b.kind === "map") return isLessSpecific(a.key, b.key) && isLessSpecific(a.value, b.value);
  if (a.kind === "opaque" && b.kind === "opaque" && a.name === b.name) {
    return a.parameters.every((each, index) => isLessSpecific(each, b.parameters[index] as Type));
  }
  return a.kind === "type" || formatType(a) === formatType(b);
}

/** Agrees with any other type: also what is wrong already, of which no more is told. */
export function isDynamic(type: Type): boolean {
  return isDyn(type) || type.kind === "error";
}

export function isDyn(type: Type): boolean {
  return type.kind === "dyn" || type.kind === "any";
}

function isNullable(type: Type): boolean {
  return ["null", "opaque", "struct", "wrapper", "timestamp", "duration"].includes(type.kind);
}

function unwrapped(type: Type): Type {
  return type.kind === "wrapper" ? type.of : type;
}
