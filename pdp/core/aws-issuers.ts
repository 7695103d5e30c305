/** Who speaks for principals of AWS, and for its instances: issuers of subjects, as links name them. */
export const awsIssuers = { principals: 'https://sts.amazonaws.com', instances: 'https://ec2.amazonaws.com' } as const
