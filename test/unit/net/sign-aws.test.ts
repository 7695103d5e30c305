import { expect, test } from 'vitest'
import { signAws } from '../../../pdp/net/sign-aws.ts'
import { instant } from '../../../pdp/core/time.ts'

// the examples of AWS' documentation of Signature Version 4 for S3
const signer = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 's3',
  now: instant(Date.UTC(2013, 4, 24)),
}
const none = new Uint8Array()
const bucket = 'https://examplebucket.s3.amazonaws.com'

test.for([
  [
    'GET',
    '/test.txt',
    { range: 'bytes=0-9' },
    none,
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  ['GET', '/?lifecycle', {}, none, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
  ['GET', '/?max-keys=2&prefix=J', {}, none, '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
  [
    'PUT',
    '/test%24file.text',
    { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    Buffer.from('Welcome to Amazon S3.'),
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ],
] as const)('%s %s', ([method, path, headers, body, signature]) => {
  const signed = signAws({ method, url: new URL(`${bucket}${path}`), headers, body }, signer)
  expect(signed['authorization']).toContain(`Signature=${signature}`)
  expect(signed['x-amz-date']).toBe('20130524T000000Z')
})
