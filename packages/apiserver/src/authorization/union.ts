import type { Authorizer, Verdict } from "./authorizer.ts";

/** The first authorizer with an opinion decides. Without one, all their reasons are told. */
export function union(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize: async (attributes): Promise<Verdict> => {
      const reasons: string[] = [];
      const errors: string[] = [];
      for (const authorizer of authorizers) {
        const asked = authorizer.authorize(attributes);
        const verdict = asked instanceof Promise ? await asked : asked;
        if (verdict.decision !== "NoOpinion") return verdict;
        if (verdict.reason !== "") reasons.push(verdict.reason);
        if (verdict.error !== undefined) errors.push(verdict.error);
      }
      const error = errors.length > 1 ? `[${errors.join(", ")}]` : errors[0];
      return { decision: "NoOpinion", reason: reasons.join("\n"), ...(error === undefined ? {} : { error }) };
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
