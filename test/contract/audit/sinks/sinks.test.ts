import { receivers } from './receivers.ts'
import { describeSink } from './sink-suite.ts'

for (const receiver of receivers) describeSink(receiver)
