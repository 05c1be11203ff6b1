import { nanosOf, parseQuantity, quantityText } from "../../go/quantity.ts";
import { duplicate, type FieldError, forbidden, invalid, required, tooMany } from "../../names.ts";
import type { Fields } from "../rules.ts";

const maxOptions = 10;
const nanosPerMilli = 1_000_000n;
const nanosPerUnit = 1_000_000_000n;
const maxInt64 = 2n ** 63n - 1n;

/** validateRequestPolicy: how much of a capacity one may ask for, as a list of amounts or as a range. */
export function validateRequestPolicy(capacity: unknown, policy: Fields, path: string): readonly FieldError[] {
  const { default: standard, validValues, validRange } = policy;
  const values = (validValues ?? []) as readonly unknown[];
  if (values.length > 0 && validRange !== undefined)
    return [
      forbidden(
        path,
        'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time',
      ),
    ];
  const kind = values.length > 0 ? "validValues" : validRange === undefined ? undefined : "validRange";
  if (kind === undefined) return [];
  if (standard === undefined) return [required(`${path}.default`, `required when ${kind} is defined`)];
  return kind === "validValues"
    ? validateValues(standard, capacity, values, `${path}.validValues`)
    : validateRange(standard, capacity, validRange, `${path}.validRange`);
}

function validateValues(
  standard: unknown,
  capacity: unknown,
  values: readonly unknown[],
  path: string,
): readonly FieldError[] {
  const amounts = values.map(nanosOf);
  const unsorted = values.flatMap((value, i) =>
    i > 0 && (amounts[i - 1] as bigint) > (amounts[i] as bigint)
      ? [invalid(`${path}[${i}]`, value, "values must be sorted in ascending order")]
      : [],
  );
  const isFound = amounts.length <= maxOptions && amounts.includes(nanosOf(standard));
  const options =
    values.length > maxOptions
      ? [tooMany(path, values.length, maxOptions)]
      : [
          ...values.flatMap((value, i) =>
            (amounts[i] as bigint) > nanosOf(capacity)
              ? [invalid(`${path}[${i}]`, value, `option is larger than capacity value: ${capacity}`)]
              : [],
          ),
          ...values.flatMap((_, i) =>
            amounts.indexOf(amounts[i] as bigint) < i
              ? [duplicate(`${path}[${i}]`, decimal(amounts[i] as bigint))]
              : [],
          ),
        ];
  const missing = "default value is not valid according to the requestPolicy";
  return [...unsorted, ...options, ...(isFound ? [] : [invalid(path, standard, missing)])];
}

/** A sum, in the family of suffixes of what it began with. */
function sumText(nanos: bigint, first: unknown): string {
  const parsed = parseQuantity(String(first));
  return quantityText({ nanos, format: typeof parsed === "string" ? "DecimalSI" : parsed.format });
}

/** As big decimals are written. */
function decimal(nanos: bigint): string {
  const [whole, rest] = [nanos / nanosPerUnit, nanos % nanosPerUnit];
  return rest === 0n ? `${whole}` : `${whole}.${`${rest}`.padStart(9, "0").replace(/0+$/, "")}`;
}

function validateRange(standard: unknown, capacity: unknown, range: Fields, path: string): readonly FieldError[] {
  const { min, max, step } = range;
  if (min === undefined) return [required(`${path}.min`, "required when validRange is defined")];
  const larger = `is larger than capacity value: ${capacity}`;
  const over = (a: unknown, b: unknown) => nanosOf(a) > nanosOf(b);
  const errors: FieldError[] = [];
  if (over(min, capacity)) errors.push(invalid(`${path}.min`, min, `min ${larger}`));
  if (over(min, standard)) errors.push(invalid(`${path}.default`, standard, `default is less than min: ${min}`));
  if (max !== undefined) {
    if (over(min, max)) errors.push(invalid(`${path}.max`, min, `min is larger than max: ${max}`));
    if (over(max, capacity)) errors.push(invalid(`${path}.max`, max, `max ${larger}`));
    if (over(standard, max)) errors.push(invalid(`${path}.default`, standard, `default is more than max: ${max}`));
  }
  const given = { default: standard, min, max, step };
  const isFractional = Object.values(given).some((each) => nanosOf(each) % nanosPerUnit !== 0n);
  const fine = isFractional
    ? faultsOf(given, path, (nanos) =>
        nanos % nanosPerMilli === 0n ? undefined : "value cannot be represented as a milli value",
      )
    : [];
  if (fine.length > 0 || step === undefined) return [...errors, ...fine];
  return [...errors, ...validateStep(given, capacity, isFractional, path)];
}

type Given = { readonly default: unknown; readonly min: unknown; readonly max: unknown; readonly step: unknown };

function faultsOf(given: Given, path: string, fault: (nanos: bigint) => string | undefined): readonly FieldError[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const text = value === undefined ? undefined : fault(nanosOf(value));
    return text === undefined ? [] : [invalid(`${path}.${name}`, value, text)];
  });
}

function validateStep(given: Given, capacity: unknown, isFractional: boolean, path: string): readonly FieldError[] {
  const { default: standard, min, max, step } = given;
  const field = `${path}.step`;
  if (nanosOf(step) <= 0n) return [invalid(field, step, "must be greater than zero")];
  const first = nanosOf(min) + nanosOf(step);
  const tooFar =
    first > nanosOf(capacity)
      ? [invalid(field, step, `one step ${sumText(first, min)} is larger than capacity value: ${capacity}`)]
      : [];
  const unsafe = isFractional
    ? []
    : faultsOf(given, path, (nanos) => {
        if (nanos < 0n) return "must be greater than or equal to 0";
        return nanos > maxInt64 * nanosPerUnit ? "must not be larger than 9223372036854775807" : undefined;
      });
  if (unsafe.length > 0) return [...tooFar, ...unsafe];
  const beside = (value: unknown) =>
    (nanosOf(value) - nanosOf(min)) % nanosOf(step) === 0n
      ? []
      : [invalid(field, value, `value is not a multiple of a given step (${step}) from (${min})`)];
  return [...tooFar, ...beside(standard), ...(max === undefined ? [] : beside(max))];
}
