import type { UserInfo } from "@sallyport/admission";
import { aggregated, StatusError } from "@sallyport/kube";
import type { Json, Review } from "./review.ts";

/** Who the server takes the user for. */
export const selfSubjectReview: Review = ({ user }) => ({ userInfo: shown(user) });

/** Whose a token is. */
export const tokenReview: Review = async ({ body, authentication }) => {
  const { token = "", audiences = [] } = (body["spec"] ?? {}) as {
    readonly token?: string;
    readonly audiences?: readonly string[];
  };
  if (token === "") throw new StatusError("BadRequest", "token is required for TokenReview in authentication");
  const wanted = audiences.length === 0 ? authentication.apiAudiences : audiences;
  const found = await authentication.authenticateToken(token, wanted);
  // What is not found out is as it was sent.
  const { authenticated: _, ...sent } = (body["status"] ?? {}) as Json;
  if ("errors" in found) return { user: {}, ...sent, error: aggregated(found.errors) };
  return { ...sent, authenticated: true, user: shown(found.user), audiences: found.audiences ?? wanted };
};

function shown({ username, uid, groups, extra }: UserInfo): Json {
  return {
    ...(username ? { username } : {}),
    ...(uid ? { uid } : {}),
    groups,
    ...(extra === undefined ? {} : { extra }),
  };
}
