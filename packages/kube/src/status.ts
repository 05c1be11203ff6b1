/** metav1.Status as the API answers it. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly code: number;
}

export type StatusReason =
  | "AlreadyExists"
  | "BadRequest"
  | "Conflict"
  | "Expired"
  | "Forbidden"
  | "Gone"
  | "InternalError"
  | "Invalid"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "NotFound"
  | "RequestEntityTooLarge"
  | "ServerTimeout"
  | "ServiceUnavailable"
  | "StorageReadError"
  | "Timeout"
  | "TooManyRequests"
  | "Unauthorized"
  | "UnsupportedMediaType";

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

const codes: { readonly [reason in StatusReason]: number } = {
  AlreadyExists: 409,
  BadRequest: 400,
  Conflict: 409,
  Expired: 410,
  Forbidden: 403,
  Gone: 410,
  InternalError: 500,
  Invalid: 422,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  NotFound: 404,
  RequestEntityTooLarge: 413,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  StorageReadError: 500,
  Timeout: 504,
  TooManyRequests: 429,
  Unauthorized: 401,
  UnsupportedMediaType: 415,
};

/** What is answered to a refused request. Without a reason it is a fault that upstream has none for: 500. */
export function refusalStatus(
  reason: StatusReason | undefined,
  message: string,
  details?: StatusDetails,
  code: number = reason === undefined ? 500 : codes[reason],
  metadata: Status["metadata"] = {},
): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata,
    status: "Failure",
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

/** The one way to refuse a request: thrown in pure rooms, answered as it is by the HTTP room. */
export class StatusError extends Error {
  readonly status: Status;

  /** See `refusalStatus`. */
  constructor(...[reason, message, ...rest]: Parameters<typeof refusalStatus>) {
    super(message);
    this.name = "StatusError";
    this.status = refusalStatus(reason, message, ...rest);
  }
}

/** A fault of the server's own, as apierrors.NewInternalError words it: 500. */
export function internalError(message: string): StatusError {
  return new StatusError("InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}
