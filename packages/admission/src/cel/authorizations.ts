import type { AuthorizationAnswer, AuthorizationQuestion } from "@sallyport/cel";
import { type Request, serviceAccountUser } from "../request.ts";
import type { Authorizer } from "../snapshot.ts";

/**
 * The authorizer as expressions ask it. They are evaluated without waiting, an authorizer may have to wait: the first time that
 * something is asked, the evaluation is given up and repeated when the answer is there. Each question is asked once a request, as
 * upstream's caching authorizer does.
 */
export class Authorizations {
  readonly #authorizer: Authorizer;
  readonly #request: Request;
  readonly #answers = new Map<string, AuthorizationAnswer>();

  constructor(authorizer: Authorizer, request: Request) {
    this.#authorizer = authorizer;
    this.#request = request;
  }

  /** Throws `Unanswered` where the answer is not there yet. */
  readonly ask = (question: AuthorizationQuestion): AuthorizationAnswer => {
    const key = JSON.stringify(question);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = this.#ask(question);
    if (!(answer instanceof Promise)) {
      this.#answers.set(key, answer);
      return answer;
    }
    throw new Unanswered(answer.then((each) => void this.#answers.set(key, each)));
  };

  #ask(question: AuthorizationQuestion): AuthorizationAnswer | Promise<AuthorizationAnswer> {
    const { verb, path, group = "", resource = "", subresource, namespace = "", name = "", serviceAccount } = question;
    const user =
      serviceAccount === undefined
        ? this.#request.userInfo
        : serviceAccountUser(serviceAccount.namespace, serviceAccount.name);
    return this.#authorizer.authorize({
      user,
      verb,
      group,
      version: "*",
      resource,
      namespace,
      name,
      ...(subresource === undefined ? {} : { subresource }),
      ...(path === undefined ? {} : { path }),
    });
  }

  /** Evaluates, again and again until all that it asks is answered. */
  async evaluate<Result>(evaluation: () => Result): Promise<Result> {
    for (;;) {
      try {
        return evaluation();
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        await error.answer;
      }
    }
  }
}

class Unanswered extends Error {
  readonly answer: Promise<void>;

  constructor(answer: Promise<void>) {
    super("the authorizer has not answered yet");
    this.answer = answer;
  }
}
