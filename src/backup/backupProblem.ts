/** Why a backup or a restoration cannot be done, in one sentence for the operator. */
export class BackupProblem extends Error {}
