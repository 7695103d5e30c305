/** The most bytes that a line of the log has, with its line end. */
export const maximumLineBytes = 32 * 1024

/** More bytes than stand before a body in its line, line end included: `{"v":1,"kind":"revocation","seq":9007199254740991,`. */
export const maximumHeadBytes = 64

/** The most bytes of what a line says after its number. */
export const maximumBodyBytes = maximumLineBytes - maximumHeadBytes
