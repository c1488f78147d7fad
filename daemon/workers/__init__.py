"""Worker processes: started when there is work, watched while they do it, ended when idle."""
