import { canonical } from "../../canonical.ts";
import { declared, type FieldError, forbidden, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { oneOf } from "../checks.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";

const maxQueues = 10_000_000;

/** What shuffling may cost: more bits than this are not to be had of one hash. */
const maxEntropyBits = 60;

export const priorityLevelConfiguration: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    if (spec["type"] === "Exempt") spec["exempt"] ??= {};
    if (spec["exempt"] !== undefined) fill(spec["exempt"], { nominalConcurrencyShares: 0, lendablePercent: 0 });
    if (spec["limited"] !== undefined) limitedDefaults(spec["limited"]);
  },
  validate: (object) => validateSpec(object.metadata.name ?? "", specOf(object)),
  validateUpdate: validateFixed,
};

function limitedDefaults(limited: Fields): void {
  fill(limited, { nominalConcurrencyShares: 30, lendablePercent: 0 });
  const queuing = limited["limitResponse"]?.queuing as Fields | undefined;
  if (queuing === undefined) return;
  for (const [name, value] of Object.entries({ queues: 64, handSize: 8, queueLengthLimit: 50 }))
    if (!queuing[name]) queuing[name] = value;
}

/** What the server itself stands on: nobody changes it. */
function validateFixed(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const spec = specOf(object);
  if (object.metadata.name !== "catch-all" || canonical(spec) === canonical(specOf(old))) return [];
  return [invalid("spec", shownSpec(spec), "spec of 'catch-all' must equal the fixed value")];
}

/** As Go prints its internal type. */
function shownSpec({ type = "", limited, exempt }: Fields): object {
  const queuing = limited?.limitResponse?.queuing;
  return {
    Type: type,
    Limited:
      limited === undefined
        ? null
        : {
            NominalConcurrencyShares: limited.nominalConcurrencyShares,
            LimitResponse: {
              Type: limited.limitResponse?.type ?? "",
              Queuing:
                queuing === undefined
                  ? null
                  : { Queues: queuing.queues, HandSize: queuing.handSize, QueueLengthLimit: queuing.queueLengthLimit },
            },
            LendablePercent: limited.lendablePercent,
            BorrowingLimitPercent: limited.borrowingLimitPercent ?? null,
          },
    Exempt:
      exempt === undefined
        ? null
        : { NominalConcurrencyShares: exempt.nominalConcurrencyShares, LendablePercent: exempt.lendablePercent },
  };
}

const types = ["Exempt", "Limited"];

function validateSpec(name: string, spec: Fields): readonly FieldError[] {
  const { type = "", limited, exempt } = spec;
  const isMisnamed = (name === "exempt") !== (type === "Exempt") && types.includes(type);
  return [
    ...(isMisnamed ? [invalid("spec.type", type, "must be 'Exempt' if and only if `name` is 'exempt'")] : []),
    ...(type === "" ? [] : oneOf("spec.type", type, types)),
    ...(type === "Exempt" && limited !== undefined ? [unwanted("spec.limited"), ...validateLimited(limited)] : []),
    ...(type === "Exempt" && exempt !== undefined ? validateShares(exempt, "spec.exempt") : []),
    ...(type === "Limited" ? (limited === undefined ? [required("spec.limited")] : validateLimited(limited)) : []),
    ...(type === "Limited" && exempt !== undefined ? [unwanted("spec.exempt")] : []),
    ...declared(declaredRules(spec)),
  ];
}

/** What upstream's declared rules add: members of unions that their types do not name, and types that are not given. */
function declaredRules({ type = "", limited, exempt }: Fields): readonly FieldError[] {
  const isKnown = types.includes(type);
  return [
    ...(isKnown || exempt === undefined ? [] : [unwanted("spec.exempt")]),
    ...(isKnown || limited === undefined ? [] : [unwanted("spec.limited")]),
    ...(type === "" ? [required("spec.type")] : []),
    ...(limited === undefined ? [] : declaredResponse(limited["limitResponse"] ?? {})),
  ];
}

const responsePath = "spec.limited.limitResponse";
const responseTypes = ["Queue", "Reject"];

function declaredResponse({ type = "", queuing }: Fields): readonly FieldError[] {
  return [
    ...(responseTypes.includes(type) || queuing === undefined ? [] : [unwanted(`${responsePath}.queuing`)]),
    ...(type === "" ? [required(`${responsePath}.type`)] : []),
  ];
}

/** Part of the other member of a union. */
function unwanted(field: string): FieldError {
  return { ...forbidden(field, ""), message: "Forbidden" };
}

function validateShares({ nominalConcurrencyShares: shares = 0, lendablePercent = 0 }: Fields, path: string) {
  return [
    ...(shares < 0 ? [invalid(`${path}.nominalConcurrencyShares`, shares, "must be a non-negative integer")] : []),
    ...validatePercent(lendablePercent, `${path}.lendablePercent`),
  ];
}

function validatePercent(value: number, field: string): readonly FieldError[] {
  return value < 0 || value > 100 ? [invalid(field, value, "must be between 0 and 100, inclusive")] : [];
}

function validateLimited(limited: Fields): readonly FieldError[] {
  const path = "spec.limited";
  const { nominalConcurrencyShares: shares = 0, borrowingLimitPercent: borrowed, limitResponse = {} } = limited;
  return [
    ...(shares < 0 ? [invalid(`${path}.nominalConcurrencyShares`, shares, "must be a non-negative integer")] : []),
    ...validateResponse(limitResponse),
    ...validatePercent(limited["lendablePercent"] ?? 0, `${path}.lendablePercent`),
    ...(borrowed !== undefined && borrowed < 0
      ? [invalid(`${path}.borrowingLimitPercent`, borrowed, "if specified, must be a non-negative integer")]
      : []),
  ];
}

function validateResponse({ type = "", queuing }: Fields): readonly FieldError[] {
  const field = `${responsePath}.queuing`;
  if (type === "Reject" && queuing !== undefined) return [unwanted(field)];
  if (type !== "Queue") return type === "" ? [] : oneOf(`${responsePath}.type`, type, responseTypes);
  return queuing === undefined ? [required(field)] : validateQueuing(queuing, field);
}

function validateQueuing({ queues, handSize, queueLengthLimit }: Fields, path: string): readonly FieldError[] {
  const positive = (name: string, value: number) =>
    value <= 0 ? [invalid(`${path}.${name}`, value, "must be positive")] : [];
  return [
    ...positive("queueLengthLimit", queueLengthLimit),
    ...positive("queues", queues),
    ...(queues > maxQueues ? [invalid(`${path}.queues`, queues, `must not be greater than ${maxQueues}`)] : []),
    ...validateHandSize(handSize, queues, `${path}.handSize`),
  ];
}

function validateHandSize(handSize: number, queues: number, field: string): readonly FieldError[] {
  if (handSize <= 0) return [invalid(field, handSize, "must be positive")];
  if (handSize > queues) return [invalid(field, handSize, `should not be greater than queues (${queues})`)];
  const bits = Array.from({ length: handSize }, (_, i) => Math.log2(queues - i)).reduce((sum, each) => sum + each, 0);
  if (Math.ceil(bits) <= maxEntropyBits) return [];
  const what = `required entropy bits of deckSize ${queues} and handSize ${handSize}`;
  return [invalid(field, handSize, `${what} should not be greater than ${maxEntropyBits}`)];
}
