import { redis } from '../../contract/audit/sinks/receivers.ts'
import { describeSink } from '../../contract/audit/sinks/sink-suite.ts'

describeSink(redis)
