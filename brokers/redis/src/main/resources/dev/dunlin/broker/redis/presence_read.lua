return redis.call('HGETALL', KEYS[2])
