import { EntryMap } from "../value/map.ts";
import { ArrayList, CelError, Optional, type Value } from "../value/value.ts";
import { CONSTRUCT_COST } from "./call-cost.ts";
import type { Code, Run } from "./state.ts";

/** A list; an element that is optional is there when it has a value. */
export function list(elements: readonly Code[], optionals: ReadonlySet<number>): Code {
  return (run) => {
    const values: Value[] = [];
    let fault: CelError | undefined;
    for (let index = 0; index < elements.length; index++) {
      const value = (elements[index] as Code)(run);
      if (value instanceof CelError) fault ??= value;
      else if (!optionals.has(index)) values.push(value);
      else if (!(value instanceof Optional)) fault ??= new CelError("no such overload");
      else if (value.value !== undefined) values.push(value.value);
      if (fault !== undefined) break;
    }
    run.charge(CONSTRUCT_COST.list);
    return fault ?? new ArrayList(values);
  };
}

interface Entry {
  readonly key: Code;
  readonly value: Code;
  readonly isOptional: boolean;
}

/** A map of `cost`; a lenient one takes keys of any type, and the last value of each. */
export function map(entries: readonly Entry[], cost: number, isLenient: boolean): Code {
  const add = isLenient ? setEntry : addNewEntry;
  return (run) => {
    const made = new EntryMap();
    let fault: CelError | undefined;
    for (const entry of entries) {
      fault = addEntry(made, entry, run, add);
      if (fault !== undefined) break;
    }
    run.charge(cost);
    return fault ?? made;
  };
}

type Add = (map: EntryMap, key: Value, value: Value) => CelError | undefined;

function addNewEntry(map: EntryMap, key: Value, value: Value): CelError | undefined {
  return map.add(key, value);
}

function setEntry(map: EntryMap, key: Value, value: Value): undefined {
  map.set(key, value);
}

/** Adds an entry of a map literal; answers what keeps it from that. */
function addEntry(map: EntryMap, { key, value, isOptional }: Entry, run: Run, add: Add): CelError | undefined {
  const name = key(run);
  if (name instanceof CelError) return name;
  const content = value(run);
  if (content instanceof CelError) return content;
  if (!isOptional) return add(map, name, content);
  if (!(content instanceof Optional)) return new CelError("no such overload");
  return content.value === undefined ? undefined : add(map, name, content.value);
}

interface Field {
  readonly name: string;
  readonly value: Code;
  readonly isOptional: boolean;
}

/** An object of a declared type. */
export function struct(fields: readonly Field[], create: (values: ReadonlyMap<string, Value>) => Value): Code {
  return (run) => {
    const values = new Map<string, Value>();
    for (const { name, value, isOptional } of fields) {
      const content = value(run);
      if (content instanceof CelError) return content;
      if (!isOptional) values.set(name, content);
      else if (!(content instanceof Optional)) return new CelError("no such overload");
      else if (content.value !== undefined) values.set(name, content.value);
    }
    run.charge(CONSTRUCT_COST.struct);
    return create(values);
  };
}
