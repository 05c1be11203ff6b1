/** Why a sops file cannot be read or made: what, where, and what would be right. Never holds anything of a value or a key. */
export class SopsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SopsError";
  }
}
