/** What a server answers that is there, whatever it makes of a GET that shows no credential. */
export const anyStatus: readonly number[] = [200, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 415]
