export * from '../../pdp/testing/write-der.ts'
