-- ARGV[1] client
drop(ARGV[1])
