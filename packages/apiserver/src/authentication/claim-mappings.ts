import type { UserInfo } from "@sallyport/admission";
import {
  activationOf,
  claimsEnvironment,
  type Environment,
  type Json,
  jsonFromValue,
  type Program,
  userEnvironment,
  valueFromJson,
} from "@sallyport/cel";
import { duplicate, type FieldError, invalid, required } from "@sallyport/kube";
import type { JWTPayload } from "jose";
import { compileBound } from "../cel-expression.ts";
import { AuthenticationError } from "./authenticator.ts";
import { groupsIn, requireClaim, usernameIn } from "./oidc.ts";

interface Mapping {
  readonly claim?: string;
  readonly prefix?: string;
  readonly expression?: string;
}

/** The parts of apiserver.config.k8s.io JWTAuthenticator that say who somebody is. */
export interface ClaimRules {
  readonly claimValidationRules?: readonly {
    readonly claim?: string;
    readonly requiredValue?: string;
    readonly expression?: string;
    readonly message?: string;
  }[];
  readonly claimMappings?: {
    readonly username?: Mapping;
    readonly groups?: Mapping;
    readonly uid?: Mapping;
    readonly extra?: readonly { readonly key?: string; readonly valueExpression?: string }[];
  };
  readonly userValidationRules?: readonly { readonly expression?: string; readonly message?: string }[];
}

type Claims = (claims: JWTPayload) => void;

/**
 * Reads the rules; answers what a token's claims make of its owner, and adds what is wrong to `errors`.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
 */
export function claimMapping(rules: ClaimRules, path: string, errors: FieldError[]): (claims: JWTPayload) => UserInfo {
  const { claimMappings = {}, claimValidationRules = [], userValidationRules = [] } = rules;
  const validations = claimValidations(claimValidationRules, `${path}.claimValidationRules`, errors);
  const mappings = `${path}.claimMappings`;
  const username = usernameMapping(claimMappings.username ?? {}, `${mappings}.username`, errors);
  const groups = groupsMapping(claimMappings.groups ?? {}, `${mappings}.groups`, errors);
  const uid = uidMapping(claimMappings.uid ?? {}, `${mappings}.uid`, errors);
  const extra = extraMapping(claimMappings.extra ?? [], `${mappings}.extra`, errors);
  checkMail(rules, `${mappings}.username.expression`, errors);
  const userRules = userValidations(userValidationRules, `${path}.userValidationRules`, errors);
  return (claims) => {
    const name = username(claims);
    const among = groups(claims);
    const id = uid(claims);
    const more = extra(claims);
    for (const validate of validations) validate(claims);
    const user: UserInfo = {
      username: name,
      groups: among,
      ...(id === "" ? {} : { uid: id }),
      ...(Object.keys(more).length === 0 ? {} : { extra: more }),
    };
    for (const validate of userRules) validate(user);
    return user;
  };
}

/** An expression with its text, which its errors tell. */
interface Bound {
  readonly program: Program;
  readonly text: string;
}

const extraExpression = "extra claim expression";

/** A value that an expression makes of the claims; `what` begins the error of one that fails. */
function evaluate({ program, text }: Bound, variable: string, input: unknown, what: string): Json {
  const outcome = program.evaluate(activationOf({ [variable]: () => valueFromJson(input as Json) }));
  if ("error" in outcome) {
    const why = `expression '${text}' resulted in error: ${outcome.error}`;
    // Upstream does not say so of extras.
    throw new AuthenticationError(what === extraExpression ? why : `oidc: error evaluating ${what}: ${why}`);
  }
  return jsonFromValue(outcome.value) as Json;
}

function compiled(text: string, environment: Environment, field: string, errors: FieldError[]): Bound | undefined {
  const result = compileBound(text, environment);
  if (typeof result !== "string") return { program: result, text };
  errors.push(invalid(field, text, result));
  return undefined;
}

function claimValidations(
  rules: NonNullable<ClaimRules["claimValidationRules"]>,
  path: string,
  errors: FieldError[],
): readonly Claims[] {
  const seen = new Set<string>();
  return rules.flatMap(({ claim = "", requiredValue = "", expression = "", message = "" }, i): Claims[] => {
    const field = `${path}[${i}]`;
    if (claim !== "" && expression !== "") errors.push(invalid(field, claim, "claim and expression can't both be set"));
    else if (claim === "" && expression === "") errors.push(required(field, "claim or expression is required"));
    else if (claim !== "") {
      if (message !== "") errors.push(invalid(`${field}.message`, message, "may not be specified when claim is set"));
      if (seen.has(`claim ${claim}`)) errors.push(duplicate(`${field}.claim`, claim));
      seen.add(`claim ${claim}`);
      return [(claims) => requireClaim(claims, claim, requiredValue)];
    } else {
      if (requiredValue !== "")
        errors.push(invalid(`${field}.requiredValue`, requiredValue, "may not be specified when expression is set"));
      if (seen.has(expression)) errors.push(duplicate(`${field}.expression`, expression));
      seen.add(expression);
      const program = compiled(expression, claimsEnvironment(), `${field}.expression`, errors);
      if (program !== undefined)
        return [(claims) => mustHold(program, "claims", claims, expression, message, "claim validation expression")];
    }
    return [];
  });
}

function userValidations(
  rules: NonNullable<ClaimRules["userValidationRules"]>,
  path: string,
  errors: FieldError[],
): readonly ((user: UserInfo) => void)[] {
  const seen = new Set<string>();
  return rules.flatMap(({ expression = "", message = "" }, i) => {
    const field = `${path}[${i}].expression`;
    if (expression === "") errors.push(required(field));
    else if (seen.has(expression)) errors.push(duplicate(field, expression));
    seen.add(expression);
    const program = expression === "" ? undefined : compiled(expression, userEnvironment(), field, errors);
    if (program === undefined) return [];
    return [
      ({ username, groups, uid = "", extra = {} }: UserInfo) =>
        mustHold(program, "user", { username, groups, uid, extra }, expression, message, "user info validation rule"),
    ];
  });
}

function mustHold(
  program: Bound,
  variable: string,
  input: unknown,
  expression: string,
  message: string,
  what: string,
): void {
  const value = evaluate(program, variable, input, what);
  if (typeof value !== "boolean")
    throw new AuthenticationError(`oidc: error evaluating ${what}: validation expression must return a boolean`);
  if (!value)
    throw new AuthenticationError(
      `oidc: error evaluating ${what}: validation expression '${expression}' failed: ${message}`,
    );
}

/** Whichever of claim and expression is there; both or neither are faults. */
function checkMapping(mapping: Mapping, field: string, isRequired: boolean, errors: FieldError[]): Bound | undefined {
  const { claim = "", expression = "", prefix } = mapping;
  if (claim !== "" && expression !== "") errors.push(invalid(field, "", "claim and expression can't both be set"));
  else if (claim === "" && expression === "" && isRequired)
    errors.push(required(field, "claim or expression is required"));
  else if (expression !== "") {
    if (prefix !== undefined)
      errors.push(invalid(`${field}.prefix`, prefix, "may not be specified when expression is set"));
    return compiled(expression, claimsEnvironment(), `${field}.expression`, errors);
  } else if (claim !== "" && prefix === undefined)
    errors.push(
      required(
        `${field}.prefix`,
        "prefix is required when claim is set. It can be set to an empty string to disable prefixing",
      ),
    );
  return undefined;
}

function usernameMapping(mapping: Mapping, field: string, errors: FieldError[]): (claims: JWTPayload) => string {
  const program = checkMapping(mapping, field, true, errors);
  const { claim = "", prefix = "" } = mapping;
  if (program === undefined) return (claims) => prefix + usernameIn(claims, claim);
  return (claims) => {
    const name = textOf(program, claims, "username");
    if (name === "") throw new AuthenticationError("oidc: empty username via CEL expression is not allowed");
    return name;
  };
}

function textOf(program: Bound, claims: JWTPayload, what: string): string {
  const value = evaluate(program, "claims", claims, `${what} claim expression`);
  if (typeof value === "string") return value;
  throw new AuthenticationError(
    `oidc: error evaluating ${what} claim expression: ${what} claim expression must return a string`,
  );
}

function groupsMapping(
  mapping: Mapping,
  field: string,
  errors: FieldError[],
): (claims: JWTPayload) => readonly string[] {
  const program = checkMapping(mapping, field, false, errors);
  const { claim = "", prefix = "" } = mapping;
  if (program === undefined)
    return claim === "" ? () => [] : (claims) => groupsIn(claims, claim).map((each) => prefix + each);
  return (claims) => textsOf(evaluate(program, "claims", claims, "group claim expression"), "group claim expression");
}

/** A text, a list of them, or nothing; empty ones are left out. */
function textsOf(value: Json, what: string): readonly string[] {
  const values: readonly Json[] = value === null ? [] : Array.isArray(value) ? value : [value as Json];
  if (!values.every((each): each is string => typeof each === "string"))
    throw new AuthenticationError(
      `oidc: error evaluating ${what}: expression must return a string or a list of strings`,
    );
  return values.filter((each) => each !== "");
}

function uidMapping({ claim = "", expression = "" }: Mapping, field: string, errors: FieldError[]) {
  if (claim !== "" && expression !== "") errors.push(invalid(field, "", "claim and expression can't both be set"));
  const program =
    claim === "" && expression !== ""
      ? compiled(expression, claimsEnvironment(), `${field}.expression`, errors)
      : undefined;
  return (claims: JWTPayload): string => {
    if (program !== undefined) return textOf(program, claims, "uid");
    const value = claim === "" ? "" : claims[claim];
    if (typeof value === "string") return value;
    throw new AuthenticationError(`oidc: parse uid claim ${JSON.stringify(claim)}: claim not present`);
  };
}

function extraMapping(
  list: NonNullable<NonNullable<ClaimRules["claimMappings"]>["extra"]>,
  path: string,
  errors: FieldError[],
): (claims: JWTPayload) => { readonly [key: string]: readonly string[] } {
  const seen = new Set<string>();
  const mappings = list.flatMap(({ key = "", valueExpression = "" }, i) => {
    const field = `${path}[${i}]`;
    errors.push(...keyFaults(key, `${field}.key`));
    if (seen.has(key)) errors.push(duplicate(`${field}.key`, key));
    seen.add(key);
    if (valueExpression === "") errors.push(required(`${field}.valueExpression`));
    const program =
      valueExpression === ""
        ? undefined
        : compiled(valueExpression, claimsEnvironment(), `${field}.valueExpression`, errors);
    return program === undefined ? [] : [{ key, program }];
  });
  return (claims) => {
    const found = mappings.map(({ key, program }) => {
      const value = evaluate(program, "claims", claims, extraExpression);
      return [key, textsOf(value, extraExpression)] as const;
    });
    return Object.fromEntries(found.filter(([, values]) => values.length > 0));
  };
}

function keyFaults(key: string, field: string): readonly FieldError[] {
  if (key === "") return [required(field)];
  const [domain = "", path = ""] = key.split(/\/(.*)/s);
  const errors: FieldError[] = [];
  if (domain === key || domain === "" || path === "")
    errors.push(invalid(field, key, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  if (key !== key.toLowerCase()) errors.push(invalid(field, key, "must be lowercase"));
  if (domain !== key && /(^|\.)(kubernetes|k8s)\.io$/.test(domain))
    errors.push(invalid(field, key, "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use"));
  return errors;
}

/** Who is known by an address must have shown that it is theirs. */
function checkMail({ claimMappings = {}, claimValidationRules = [] }: ClaimRules, field: string, errors: FieldError[]) {
  const { username = {}, extra = [] } = claimMappings;
  const name = username.expression ?? "";
  const reads = (text: string, claim: string) =>
    new RegExp(String.raw`\bclaims\s*(\.\s*\??\s*${claim}\b|\[\s*\??\s*['"]${claim}['"])`).test(text);
  const others = [
    name,
    ...extra.map(({ valueExpression = "" }) => valueExpression),
    ...claimValidationRules.map(({ expression = "" }) => expression),
  ];
  if (!reads(name, "email") || others.some((text) => reads(text, "email_verified"))) return;
  errors.push(
    invalid(
      field,
      name,
      "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression",
    ),
  );
}
