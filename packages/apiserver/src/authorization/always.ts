import type { Authorizer } from "./authorizer.ts";

export const alwaysAllow: Authorizer = {
  authorize: () => ({ decision: "Allow", reason: "" }),
  rules: () => ({
    rules: [
      { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
      { verbs: ["*"], nonResourceURLs: ["*"] },
    ],
    isIncomplete: false,
    errors: [],
  }),
};

export const alwaysDeny: Authorizer = {
  authorize: () => ({ decision: "NoOpinion", reason: "Everything is forbidden." }),
};

/** Members of `system:masters` may do everything, whatever the modes are. */
export const privilegedGroup: Authorizer = {
  authorize: ({ user }) =>
    user.groups.includes("system:masters") ? { decision: "Allow", reason: "" } : { decision: "NoOpinion", reason: "" },
};
