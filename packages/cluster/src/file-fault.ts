/** Why a file could not be read, without its path, of what Node says: `ENOENT: no such file or directory, open 'x'`. */
export function fileFault(error: unknown): string {
  const { message } = error as Error;
  return /^[A-Z]+: ([^,]+)/.exec(message)?.[1] ?? message;
}
