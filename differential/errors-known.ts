/** A fault as OPA's JSON has it, with its fields in one order. */
export type Fault = string;

/** Faults of a module that may differ: where OPA 1.19 is at fault, and says more, or less, than what is wrong. */
export function isKnownDifference(source: string, opa: readonly Fault[], sallyport: readonly Fault[]): boolean {
  return (
    isNegatedSet(source, opa) ||
    isToldAgain(opa, sallyport) ||
    isHalfKnownFunction(opa, sallyport) ||
    isHeadOfElse(opa, sallyport) ||
    isWithoutPlace(opa, sallyport)
  );
}

/** The braces of `if not {1}` and `if set()` were a query for OPA 1.19; later ones read the sets that they are, and so do we. */
function isNegatedSet(source: string, opa: readonly Fault[]): boolean {
  return (
    /\bif[\s(]*(?:not[\s(]*(?:\{|set\()|set\()/.test(source) &&
    opa.some((fault) => fault.includes('"rego_parse_error"'))
  );
}

/** What a template string within a closure names is looked for again, for each closure around it, and then also what the closure binds. */
function isToldAgain(opa: readonly Fault[], sallyport: readonly Fault[]): boolean {
  const isUndeclared = (fault: Fault): boolean => / is undeclared"|error limit reached/.test(fault);
  return sallyport.some(isUndeclared) && isMore(opa, sallyport, isUndeclared);
}

/** A function of several definitions, of which one has a fault and a later one none, is none for OPA where it is called. */
function isHalfKnownFunction(opa: readonly Fault[], sallyport: readonly Fault[]): boolean {
  const isUndefined = (fault: Fault): boolean => fault.includes('"undefined function data.');
  return sallyport.some((fault) => fault.includes('"rego_type_error"')) && isMore(opa, sallyport, isUndefined);
}

/** OPA leaves refs in heads as they are for `else`, where nothing then says what `input` and `data` in them are. */
function isHeadOfElse(opa: readonly Fault[], sallyport: readonly Fault[]): boolean {
  const isRootUnsafe = (fault: Fault): boolean =>
    /"message":"var (?:input|data) is unsafe"/.test(fault) && !fault.includes('"location"');
  return isMore(opa, sallyport, isRootUnsafe);
}

/** OPA has no place of a call that is all of an expression in a template string; we have. */
function isWithoutPlace(opa: readonly Fault[], sallyport: readonly Fault[]): boolean {
  const theirs = new Set(opa);
  const rest = sallyport.filter((fault) => !theirs.has(fault)).map((fault) => fault.replace(place, ""));
  return rest.length > 0 && opa.length === sallyport.length && rest.every((fault) => theirs.has(fault));
}

const place = /"location":\{"col":\d+,"file":"[^"]*","row":\d+\},/;

/** True where OPA tells what we do, and more that is all of one kind. */
function isMore(opa: readonly Fault[], sallyport: readonly Fault[], isExtra: (fault: Fault) => boolean): boolean {
  const more = [...opa];
  for (const fault of sallyport) {
    const at = more.indexOf(fault);
    if (at < 0) return false;
    more.splice(at, 1);
  }
  return more.length > 0 && more.every(isExtra);
}
