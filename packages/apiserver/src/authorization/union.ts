import type { Attributes, Authorizer, Verdict } from "./authorizer.ts";

/** The first authorizer with an opinion decides, at once where all before it know at once. Without one, all their reasons are told. */
export function union(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize: (attributes) => {
      const heard: Verdict[] = [];
      for (const [i, authorizer] of authorizers.entries()) {
        const verdict = authorizer.authorize(attributes);
        if (verdict instanceof Promise) return continued(verdict, heard, authorizers.slice(i + 1), attributes);
        if (verdict.decision !== "NoOpinion") return verdict;
        heard.push(verdict);
      }
      return undecided(heard);
    },
    rules: (user, namespace) => {
      const all = authorizers.flatMap(({ rules }) => rules?.(user, namespace) ?? []);
      return {
        rules: all.flatMap(({ rules }) => rules),
        isIncomplete: all.some(({ isIncomplete }) => isIncomplete),
        errors: all.flatMap(({ errors }) => errors),
      };
    },
  };
}

async function continued(
  asked: Promise<Verdict>,
  heard: Verdict[],
  others: readonly Authorizer[],
  attributes: Attributes,
): Promise<Verdict> {
  const verdict = await asked;
  if (verdict.decision !== "NoOpinion") return verdict;
  heard.push(verdict);
  for (const authorizer of others) {
    const next = await authorizer.authorize(attributes);
    if (next.decision !== "NoOpinion") return next;
    heard.push(next);
  }
  return undecided(heard);
}

function undecided(heard: readonly Verdict[]): Verdict {
  const reasons = heard.flatMap(({ reason }) => (reason === "" ? [] : [reason]));
  const errors = heard.flatMap(({ error }) => (error === undefined ? [] : [error]));
  const error = errors.length > 1 ? `[${errors.join(", ")}]` : errors[0];
  return { decision: "NoOpinion", reason: reasons.join("\n"), ...(error === undefined ? {} : { error }) };
}
